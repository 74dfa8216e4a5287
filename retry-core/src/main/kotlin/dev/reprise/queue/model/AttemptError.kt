package dev.reprise.queue.model

import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RestoredFailure
import java.time.Instant
import java.util.Objects
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

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
    /** The causes of the failure, outermost first, each as `type: message`, cut to 500 characters: the first eight. */
    public val causes: List<String> = emptyList(),
    /** An excerpt of the stack trace; kept of the first and of the latest failure of a call, otherwise null. */
    public val trace: String? = null,
    /** How long the attempt took; null if that is unknown. */
    @get:JvmSynthetic
    public val elapsed: Duration? = null,
    /** The shortest delay that the failure asked for; null if it asked for none. */
    @get:JvmSynthetic
    public val retryAfter: Duration? = null,
    /** Whether the failure asked to be retried; null if it did not say. */
    public val isRetryable: Boolean? = null,
    /** The version of the handler; null if it is unknown. */
    public val handlerVersion: Int? = null,
) {
    /** How long the attempt took; null if that is unknown. */
    public fun getElapsed(): JavaDuration? = elapsed?.toJavaDuration()

    /** The shortest delay that the failure asked for; null if it asked for none. */
    public fun getRetryAfter(): JavaDuration? = retryAfter?.toJavaDuration()

    /** The same error with other values, for implementations of a store. */
    public fun toBuilder(): Builder = Builder(this)

    /** The same error, recorded at [at]. */
    internal fun at(at: Instant): AttemptError = copy(at = at)

    internal fun copy(
        at: Instant = this.at,
        trace: String? = this.trace,
    ): AttemptError = AttemptError(attempt, at, type, message, worker, causes, trace, elapsed, retryAfter, isRetryable, handlerVersion)

    /** The failure with its causes, as far as they are recorded. */
    internal fun toFailure(): RestoredFailure {
        val cause = causes.foldRight(null as FailureDescription?) { text, inner -> describe(text, inner) }
        return RestoredFailure(FailureDescription.of(listOf(type), message, cause, isRetryable, getRetryAfter()))
    }

    private fun describe(
        text: String,
        inner: FailureDescription?,
    ) = FailureDescription.of(listOf(text.substringBefore(": ")), text.substringAfter(": ", ""), inner)

    private fun values() = listOf(attempt, at, type, message, worker, causes, trace, elapsed, retryAfter, isRetryable, handlerVersion)

    override fun equals(other: Any?): Boolean = other is AttemptError && values() == other.values()

    override fun hashCode(): Int = Objects.hash(attempt, at, type)

    override fun toString(): String = "AttemptError(attempt $attempt at $at: $type: $message)"

    /** Collects the values of an [AttemptError]. */
    public class Builder internal constructor(
        private val error: AttemptError,
    ) {
        public var causes: List<String> = error.causes
        public var trace: String? = error.trace
        public var elapsed: JavaDuration? = error.getElapsed()
        public var retryAfter: JavaDuration? = error.getRetryAfter()
        public var isRetryable: Boolean? = error.isRetryable
        public var handlerVersion: Int? = error.handlerVersion

        /** Returns the error. */
        public fun build(): AttemptError =
            with(error) {
                AttemptError(
                    attempt,
                    at,
                    type,
                    message,
                    worker,
                    this@Builder.causes,
                    this@Builder.trace,
                    this@Builder.elapsed?.toKotlinDuration(),
                    this@Builder.retryAfter?.toKotlinDuration(),
                    this@Builder.isRetryable,
                    this@Builder.handlerVersion,
                )
            }
    }

    public companion object {
        /** An error, for implementations of a store and for tests. */
        @JvmStatic
        public fun of(
            attempt: Int,
            at: Instant,
            type: String,
            message: String,
            worker: String?,
        ): AttemptError = AttemptError(attempt, at, type, message, worker)
    }
}
