package dev.reprise.testing

import dev.reprise.policy.Decision
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import dev.reprise.run.RetryReport

/** Records what happens in a run as short lines, so that a test compares a whole story with a literal. */
internal class EventLog : RetryListener {
    private val recorded = ArrayList<String>()
    val lines: List<String> get() = synchronized(recorded) { recorded.toList() }

    /** What listeners received, without the lines of the test itself. */
    val told: List<String> get() = lines.filter { it.startsWith("told") }

    fun add(line: String) {
        synchronized(recorded) { recorded += line }
    }

    override fun onEvent(event: RetryEvent) = add("told " + event.line())

    fun text(): String = lines.joinToString("\n")
}

internal fun RetryEvent.line(): String =
    when (this) {
        is RetryEvent.AttemptFailed -> "$number ${failure?.let { "failed: ${it.line()}" } ?: "rejected: $result"}, ${next.line()}"
        is RetryEvent.Succeeded -> "$number succeeded at $elapsed"
        is RetryEvent.GaveUp -> "gave up after $number at $elapsed: ${report.stopReason}"
        is RetryEvent.Cancelled -> "cancelled after $number at $elapsed"
    }

private fun Decision.line(): String =
    when (this) {
        is Decision.RetryAfter -> "again in $delay"
        is Decision.GiveUp -> "no more: $stopReason"
    }

/** Failures of tests by their message, others by their class. */
internal fun Throwable.line(): String = if (this is Broken) "$message" else javaClass.simpleName

internal fun RetryReport.line(): String =
    "$attempts attempts, $calls calls, $elapsed, $stopReason, first ${firstFailure?.line()}, recent ${recentFailures.map { it.line() }}"

/** A failure of these tests, so that nothing is caught by accident. */
internal open class Broken(
    message: String,
) : Exception(message)
