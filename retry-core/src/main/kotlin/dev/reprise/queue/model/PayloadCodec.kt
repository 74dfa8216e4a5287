package dev.reprise.queue.model

import java.nio.charset.StandardCharsets

/**
 * Turns values into bytes and back. Its [name] and the version of the data are stored with every call, so that a call is read by the codec
 * that wrote it, even years later.
 */
public interface PayloadCodec<T> {
    /** Stored with a call; at most 100 characters. `text` and `json` mean text in UTF-8, which callbacks receive unchanged. */
    public val name: String

    /**
     * Returns the bytes of [value].
     *
     * @throws Exception if it cannot be written: a request is not enqueued then, and a response is a failure of the attempt.
     */
    @Throws(Exception::class)
    public fun encode(value: T): ByteArray

    /**
     * Returns the value of [bytes], which an earlier version of the program wrote as [version].
     *
     * @throws Exception if it cannot be read, which is a failure of the attempt.
     */
    @Throws(Exception::class)
    public fun decode(
        bytes: ByteArray,
        version: Int,
    ): T

    /** Writes values. */
    public fun interface Encoder<T> {
        /** Returns the bytes of [value]. @throws Exception if it cannot be written. */
        @Throws(Exception::class)
        public fun encode(value: T): ByteArray
    }

    /** Reads values. */
    public fun interface Decoder<T> {
        /** Returns the value of [bytes]. @throws Exception if it cannot be read. */
        @Throws(Exception::class)
        public fun decode(bytes: ByteArray): T
    }

    public companion object {
        /** Text in UTF-8. Stored as `text`. */
        @JvmField
        public val Text: PayloadCodec<String> =
            of("text", { it.toByteArray(StandardCharsets.UTF_8) }, { it.toString(StandardCharsets.UTF_8) })

        /** The bytes themselves. Stored as `bytes`. */
        @JvmField
        public val Bytes: PayloadCodec<ByteArray> = of("bytes", { it }, { it })

        /** No value: no bytes. Stored as `none`. In Java: [none]. */
        @JvmField
        public val None: PayloadCodec<Unit> = of("none", { ByteArray(0) }, {})

        /** The outcome of a call, as JSON. Stored as `json`. */
        @JvmField
        public val Outcome: PayloadCodec<CallOutcome> =
            of(
                "json",
                { it.toJson().toByteArray(StandardCharsets.UTF_8) },
                { CallOutcome.fromJson(it.toString(StandardCharsets.UTF_8)) },
            )

        /** No value, for handlers in Java that return null. Stored as `none`. */
        @JvmStatic
        public fun none(): PayloadCodec<Void?> = of("none", { ByteArray(0) }, { null })

        /** Returns a codec of two functions, whose data has no versions. */
        @JvmStatic
        public fun <T> of(
            name: String,
            encoder: Encoder<T>,
            decoder: Decoder<T>,
        ): PayloadCodec<T> = FunctionCodec(name, encoder, decoder)
    }
}

private class FunctionCodec<T>(
    override val name: String,
    private val encoder: PayloadCodec.Encoder<T>,
    private val decoder: PayloadCodec.Decoder<T>,
) : PayloadCodec<T> {
    override fun encode(value: T): ByteArray = encoder.encode(value)

    override fun decode(
        bytes: ByteArray,
        version: Int,
    ): T = decoder.decode(bytes)

    override fun toString(): String = "PayloadCodec($name)"
}
