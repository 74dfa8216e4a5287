package dev.reprise.temporal.internal

import dev.reprise.policy.FailureDescription
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.spi.Settlement
import io.temporal.failure.ApplicationFailure
import java.time.Duration
import java.time.Instant

/** The type of the failure of a workflow whose call is dead; its detail is the call. */
internal const val DEAD = "reprise.Dead"

/** Failures of attempts as Temporal knows them: the class is the type, its superclasses and hints are a detail. */
internal object CallFailures {
    /**
     * The failure of an attempt that [settlement] records. The texts are those of the record, which the settings of the handlers may have
     * withheld.
     */
    fun write(
        failure: FailureDescription,
        settlement: Settlement,
    ): ApplicationFailure {
        val error = checkNotNull(settlement.error) { "the failure of an attempt has a record" }
        return write(failure, error.message, error.causes.map { it.substringAfter(": ", "") }, settlement.toRecord())
    }

    private fun write(
        failure: FailureDescription,
        message: String,
        causes: List<String>,
        vararg details: Any,
    ): ApplicationFailure {
        val cause = failure.cause?.takeIf { causes.isNotEmpty() }?.let { write(it, causes.first(), causes.drop(1)) }
        val record =
            FailureRecord().apply {
                types = failure.types
                retryable = failure.isRetryable
                retryAfterMillis = failure.getRetryAfter()?.toMillis()
            }
        return ApplicationFailure.newFailureWithCause(message, failure.type, cause, record, *details).apply { stackTrace = emptyArray() }
    }

    /** The failure that [failure] describes, also if other code than ours wrote it. */
    fun describe(failure: ApplicationFailure): FailureDescription {
        val record = if (failure.details.size > 0) runCatching { failure.details.get(0, FailureRecord::class.java) }.getOrNull() else null
        return FailureDescription.of(
            record?.types?.takeIf { it.isNotEmpty() } ?: listOf(failure.type),
            failure.originalMessage,
            (failure.cause as? ApplicationFailure)?.let(::describe),
            record?.retryable ?: if (failure.isNonRetryable) false else null,
            record?.retryAfterMillis?.let(Duration::ofMillis),
        )
    }

    /** The record of [failure], which ended attempt [attempt]. */
    fun errorOf(
        failure: ApplicationFailure,
        attempt: Int,
    ): AttemptError {
        val record = if (failure.details.size > 1) failure.details.get(1, SettlementRecord::class.java) else null
        return record?.error?.toError()
            ?: AttemptError.of(attempt, Instant.EPOCH, failure.type, failure.originalMessage.orEmpty(), OWNER)
    }
}
