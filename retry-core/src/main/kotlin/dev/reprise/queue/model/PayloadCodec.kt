package dev.reprise.queue.model

import java.nio.charset.StandardCharsets

/**
 * Turns values into bytes and back. Its [name] and the version of the data are stored with every call, so that a call is read by the
 * codec that wrote it, years later as well.
 */
public interface PayloadCodec<T> {
    /** What is stored with a call; at most 100 characters. */
    public val name: String

    /** The bytes of [value]. */
    public fun encode(value: T): ByteArray

    /** The value of [bytes], which some earlier version of the program wrote as [version]. What it throws is a failure of the attempt. */
    public fun decode(
        bytes: ByteArray,
        version: Int,
    ): T

    public companion object {
        /** Text in UTF-8. Stored as `text`. */
        @JvmField
        public val Text: PayloadCodec<String> =
            codec("text", { it.toByteArray(StandardCharsets.UTF_8) }, { it.toString(StandardCharsets.UTF_8) })

        /** The bytes themselves. Stored as `bytes`. */
        @JvmField
        public val Bytes: PayloadCodec<ByteArray> = codec("bytes", { it }, { it })

        /** No value at all: no bytes. Stored as `none`. */
        @JvmField
        public val None: PayloadCodec<Unit> = codec("none", { ByteArray(0) }, {})

        /** What a callback is told, as JSON. Stored as `json`. */
        @JvmField
        public val Outcome: PayloadCodec<CallOutcome> =
            codec(
                "json",
                { it.toJson().toByteArray(StandardCharsets.UTF_8) },
                { CallOutcome.fromJson(it.toString(StandardCharsets.UTF_8)) },
            )

        private fun <T> codec(
            name: String,
            encode: (T) -> ByteArray,
            decode: (ByteArray) -> T,
        ): PayloadCodec<T> =
            object : PayloadCodec<T> {
                override val name = name

                override fun encode(value: T): ByteArray = encode(value)

                override fun decode(
                    bytes: ByteArray,
                    version: Int,
                ): T = decode(bytes)

                override fun toString() = "PayloadCodec($name)"
            }
    }
}
