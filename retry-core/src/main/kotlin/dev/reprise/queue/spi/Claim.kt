package dev.reprise.queue.spi

/** The right to settle a call, until it is claimed again. */
public class Claim internal constructor(
    /** The nonce of the worker's lease. */
    public val owner: String,
    /** The fencing token of this claim. */
    public val token: Long,
    /** When it was claimed. */
    public val at: Long,
) {
    internal fun copy(
        owner: String = this.owner,
        token: Long = this.token,
        at: Long = this.at,
    ): Claim = Claim(owner, token, at)

    private fun values() = listOf(owner, token, at)

    override fun equals(other: Any?): Boolean = other is Claim && values() == other.values()

    override fun hashCode(): Int = values().hashCode()

    override fun toString(): String = "Claim(owner=$owner, token=$token, at=$at)"

    public companion object {
        /** For implementations of a store. */
        @JvmStatic
        public fun of(
            owner: String,
            token: Long,
            at: Long,
        ): Claim = Claim(owner, token, at)
    }
}
