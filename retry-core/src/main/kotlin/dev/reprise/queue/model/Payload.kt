package dev.reprise.queue.model

/** Bytes, and what is needed to read them. */
public class Payload(
    /** The bytes; not copied, not to be changed. */
    public val bytes: ByteArray,
    /** The name of the [PayloadCodec] that wrote them. */
    public val codec: String,
    /** The version of the data, as the writer counts. */
    public val version: Int = 1,
) {
    override fun equals(other: Any?): Boolean =
        other is Payload && codec == other.codec && version == other.version && bytes.contentEquals(other.bytes)

    override fun hashCode(): Int = bytes.contentHashCode()

    override fun toString(): String = "Payload($codec, version $version, ${bytes.size} bytes)"
}
