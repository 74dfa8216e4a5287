package dev.reprise.queue.model

import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RestoredFailure
import java.time.Instant
import java.util.Objects

/** The record of an attempt that failed, or of a claim whose worker died. */
public class AttemptError internal constructor(
    /** How many attempts had been made then, including this one. */
    public val attempt: Int,
    /** When it was recorded, on the clock of the store; the epoch until a store has accepted it. */
    public val at: Instant,
    /** The class of the failure. */
    public val type: String,
    /** Its message, cut to 4000 characters. */
    public val message: String,
    /** The nonce of the worker; null if the attempt was made before the call was stored. */
    public val worker: String?,
) {
    /** The same error, recorded at [at]. */
    internal fun at(at: Instant): AttemptError = AttemptError(attempt, at, type, message, worker)

    internal fun toFailure(): RestoredFailure = RestoredFailure(FailureDescription.of(listOf(type), message))

    private fun values() = listOf(attempt, at, type, message, worker)

    override fun equals(other: Any?): Boolean = other is AttemptError && values() == other.values()

    override fun hashCode(): Int = Objects.hash(attempt, at, type)

    override fun toString(): String = "AttemptError(attempt $attempt at $at: $type: $message)"

    public companion object {
        private const val LONGEST = 4000

        /** An error, for implementations of a store and for tests. */
        @JvmStatic
        public fun of(
            attempt: Int,
            at: Instant,
            type: String,
            message: String,
            worker: String?,
        ): AttemptError = AttemptError(attempt, at, type, message, worker)

        internal fun of(
            failure: Throwable,
            attempt: Int,
            worker: String?,
        ): AttemptError = AttemptError(attempt, Instant.EPOCH, failure.javaClass.name, messageOf(failure).storable(), worker)

        private fun messageOf(failure: Throwable) =
            try {
                failure.message.orEmpty()
            } catch (e: Throwable) {
                "its message cannot be read: ${e.javaClass.name}"
            }

        /** PostgreSQL rejects a zero character in a text, and half a surrogate pair is not a character. */
        private fun String.storable(): String = take(LONGEST).replace('\u0000', '\uFFFD').encodeToByteArray().decodeToString()
    }
}
