package dev.reprise.internal.queue.events

import dev.reprise.internal.util.LimitedLog
import dev.reprise.internal.util.compact
import dev.reprise.internal.util.counted
import dev.reprise.internal.util.simpleName
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.NANOS_PER_MILLI
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import java.time.Instant

/** Logs how calls of the worker [worker] fail and die. The texts are those that are stored: what is withheld there is not logged. */
internal class CallLog(
    private val worker: String,
    /** How many attempts the policy of a call allows; null if it counts none. */
    private val attemptsOf: (StoredCall) -> Int?,
) {
    private val attempts = LimitedLog(QueueLogs.attempts, System.Logger.Level.WARNING, "attempts failed")
    private val deaths = LimitedLog(QueueLogs.deaths, System.Logger.Level.ERROR, "calls died", tracesAll = true)

    /** True if the death of a call of [handler] is logged with what failed before. */
    fun hasRoomForDeath(handler: String): Boolean = deaths.hasRoomFor(handler)

    /** [settlement] was accepted, about [now] on the clock of the store; [earlier] are the failures recorded before. */
    fun accepted(
        settlement: Settlement,
        earlier: List<AttemptError>,
        now: Long,
    ) {
        val error = settlement.error
        when {
            settlement.to == CallState.DEAD -> died(settlement, earlier, now)
            settlement.to == CallState.READY && settlement.result == AttemptResult.FAILED && error != null -> failed(settlement, error, now)
        }
    }

    private fun failed(
        settlement: Settlement,
        error: AttemptError,
        now: Long,
    ) {
        val call = settlement.call
        attempts.write(call.handler, error.type, error.trace) {
            val total = attemptsOf(call)?.let { " of $it" }.orEmpty()
            val due = Instant.ofEpochMilli(settlement.applied(now).dueAt)
            "${nameOf(call)} attempt ${call.nextAttempt}$total failed: ${error.line}; due again at $due; worker '$worker'"
        }
    }

    private fun died(
        settlement: Settlement,
        earlier: List<AttemptError>,
        now: Long,
    ) {
        val call = settlement.call
        val last = settlement.error ?: earlier.lastOrNull()
        deaths.write(call.handler, last?.type ?: "${settlement.deadReason}", last?.trace) {
            val made = counted(settlement.applied(now).counters.attempts, "attempt")
            val age = (maxOf(now - call.enqueuedAt, 0) * NANOS_PER_MILLI).compact()
            val failed = last?.let { ": ${it.line}" }.orEmpty()
            val before = if (settlement.deadReason == DeadReason.CRASH_LOOP) workersIn(earlier) else firstIn(earlier, last)
            "${nameOf(call)} died, ${settlement.deadReason}, after $made, $age after it was enqueued$failed$before; replay starts it again"
        }
    }

    private fun firstIn(
        earlier: List<AttemptError>,
        last: AttemptError?,
    ) = earlier
        .firstOrNull()
        ?.takeIf { it.type != last?.type }
        ?.let { "; first failure: ${it.line}" }
        .orEmpty()

    private fun workersIn(earlier: List<AttemptError>) =
        earlier
            .mapNotNull { DeadWorker.nameIn(it) }
            .takeIf { it.isNotEmpty() }
            ?.joinToString(prefix = "; before, ") { "'$it'" }
            .orEmpty()

    /** To be called once a minute, and at the end. */
    fun endMinute() {
        attempts.endMinute()
        deaths.endMinute()
    }

    private fun nameOf(call: StoredCall) = "call=${call.cid} handler=${call.handler}"
}

/** Class and message in one line. */
internal val AttemptError.line: String get() = lineOf(type)

/** Class, without its package, and message in one line. */
internal val AttemptError.shortLine: String get() = lineOf(simpleName(type))

private fun AttemptError.lineOf(name: String) = if (message.isEmpty()) name else "$name: $message".replace(LINE_BREAKS, " ")

private val LINE_BREAKS = Regex("[\r\n]+")
