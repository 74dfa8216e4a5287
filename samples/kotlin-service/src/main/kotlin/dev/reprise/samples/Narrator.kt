package dev.reprise.samples

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.Decision
import dev.reprise.policy.StopReason
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import java.net.ConnectException
import kotlin.time.Duration
import kotlin.time.DurationUnit

/** Prints what happens, attempt by attempt, in words. */
class Narrator(
    private val say: (String) -> Unit = ::println,
) : RetryListener {
    override fun onEvent(event: RetryEvent) {
        val attempt = "  attempt ${event.number} at ${event.elapsed.words()}"
        when (event) {
            is RetryEvent.AttemptFailed -> say("$attempt: ${words(event.failure)} - ${words(event.next)}")
            is RetryEvent.Succeeded -> say("$attempt: it worked")
            is RetryEvent.GaveUp -> say("  gave up at ${event.elapsed.words()}: ${words(event.report.stopReason)}")
            is RetryEvent.Cancelled -> say("  cancelled at ${event.elapsed.words()} - no further attempt")
        }
    }
}

fun Duration.words(): String = if (inWholeSeconds < 1) toString(DurationUnit.MILLISECONDS) else toString(DurationUnit.SECONDS, 1)

private fun words(failure: Throwable?): String =
    when (failure) {
        null -> "a rejected response"
        is ConnectException -> "connection refused"
        is BusyException -> "the server is busy: ${failure.message}"
        is AttemptTimeoutException -> "no response in time"
        else -> failure.toString()
    }

private fun words(next: Decision): String =
    when (next) {
        is Decision.RetryAfter -> "next attempt in ${next.delay.words()}"
        is Decision.GiveUp -> "no further attempt"
    }

private fun words(reason: StopReason): String =
    when (reason) {
        StopReason.EXHAUSTED -> "all attempts are used up"
        StopReason.DEADLINE -> "there is no time for another attempt"
        StopReason.NOT_RETRYABLE -> "this failure is not worth another attempt"
        StopReason.STOPPED -> "a stop was requested"
        StopReason.BUDGET -> "the retry budget is empty"
        StopReason.CANCELLED -> "the caller cancelled"
    }
