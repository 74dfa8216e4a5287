package dev.reprise.queue.model

import kotlinx.serialization.KSerializer
import kotlinx.serialization.json.Json as Notation

/**
 * JSON as `kotlinx.serialization` writes it: `json(Order.serializer())`. Stored as `json`. It needs
 * `org.jetbrains.kotlinx:kotlinx-serialization-json`; nothing else here does.
 *
 * @param notation how it is written and read. Default: as the serializer defines, and unknown keys are ignored, so that an older program
 * can read what a newer one wrote.
 */
public fun <T> PayloadCodec.Companion.json(
    serializer: KSerializer<T>,
    notation: Notation = Notation { ignoreUnknownKeys = true },
): PayloadCodec<T> =
    object : PayloadCodec<T> {
        override val name = "json"

        override fun encode(value: T): ByteArray = notation.encodeToString(serializer, value).encodeToByteArray()

        override fun decode(
            bytes: ByteArray,
            version: Int,
        ): T = notation.decodeFromString(serializer, bytes.decodeToString())

        override fun toString() = "PayloadCodec(json of ${serializer.descriptor.serialName})"
    }
