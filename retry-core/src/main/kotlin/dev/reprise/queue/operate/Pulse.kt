package dev.reprise.queue.operate

import java.time.Instant
import java.util.Objects

/** The attempts at the calls of one handler in one minute. */
public class Pulse internal constructor(
    /** The start of the minute, on the clock of the store. */
    public val at: Instant,
    /** The name of the handler. */
    public val handler: String,
    /** How many first attempts ended. */
    public val firstAttempts: Int,
    /** How many further attempts ended. */
    public val retries: Int,
    /** How many attempts returned. */
    public val succeeded: Int,
    /** How many attempts failed. */
    public val failed: Int,
    /** How many calls died. */
    public val died: Int,
    /** How many attempts failed with each class of failure: the 20 most frequent ones. */
    public val errorTypes: Map<String, Int>,
) {
    private fun values() = listOf(at, handler, firstAttempts, retries, succeeded, failed, died, errorTypes)

    override fun equals(other: Any?): Boolean = other is Pulse && values() == other.values()

    override fun hashCode(): Int = Objects.hash(at, handler)

    override fun toString(): String =
        "Pulse($at $handler: $firstAttempts first, $retries retries, $succeeded ok, $failed failed, $died died, $errorTypes)"

    public companion object {
        /** A pulse, for implementations of a store and for tests. */
        @JvmStatic
        public fun of(
            at: Instant,
            handler: String,
            firstAttempts: Int,
            retries: Int,
            succeeded: Int,
            failed: Int,
            died: Int,
            errorTypes: Map<String, Int>,
        ): Pulse = Pulse(at, handler, firstAttempts, retries, succeeded, failed, died, errorTypes.toMap())
    }
}
