package dev.reprise.interop

import dev.reprise.RetryPolicy
import dev.reprise.policy.Decision
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryOutcome
import dev.reprise.run.RetryReport
import dev.reprise.run.retryReport
import kotlin.time.toJavaDuration

/** The engine's facts as the records that Java callers see. */
internal object Views {
    @JvmStatic
    fun report(failure: Throwable): Report? = failure.retryReport?.toJava()

    @JvmStatic
    fun event(event: RetryEvent): Event =
        when (event) {
            is RetryEvent.AttemptFailed -> attemptFailed(event)
            is RetryEvent.Succeeded -> Event.Succeeded(event.number, event.elapsed.toJavaDuration())
            is RetryEvent.GaveUp -> Event.GaveUp(event.number, event.elapsed.toJavaDuration(), event.failure, event.report.toJava())
            is RetryEvent.Cancelled -> Event.Cancelled(event.number, event.elapsed.toJavaDuration())
        }

    @JvmStatic
    fun simulated(
        policy: RetryPolicy,
        seed: Long,
        retries: Int,
    ): Simulated =
        policy.simulate(seed, retries).let { run ->
            Simulated(
                run.initialDelay.toJavaDuration(),
                run.delays.map { it.toJavaDuration() },
                run.attempts,
                run.elapsed.toJavaDuration(),
                run.stop,
            )
        }

    private fun attemptFailed(event: RetryEvent.AttemptFailed) =
        Event.AttemptFailed(
            event.number,
            event.elapsed.toJavaDuration(),
            event.failure,
            event.result,
            event.nextDelay?.toJavaDuration(),
            (event.next as? Decision.GiveUp)?.reason,
        )
}

internal fun RetryReport.toJava(): Report = Report(attempts, calls, elapsed.toJavaDuration(), stopReason, firstFailure, recentFailures)

internal fun <T> RetryOutcome<T>.toJava(): Outcome<T> =
    when (this) {
        is RetryOutcome.Success -> Outcome.Success(value, attempts, report?.toJava())
        is RetryOutcome.Failure -> Outcome.Failure(failure, report.toJava())
    }
