package dev.reprise.internal.workflow.engine

import dev.reprise.internal.util.LimitedLog
import dev.reprise.internal.util.SafeLog
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import java.lang.System.Logger.Level
import java.time.Instant
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/** Logs how runs end. The messages of failures can hold what must not be seen: only their classes are logged. */
internal class RunLog(
    private val timeSource: TimeSource,
) {
    private val reverted = LimitedLog(log, Level.WARNING, "runs were reverted")
    private val failed = LimitedLog(log, Level.ERROR, "runs failed")

    /** The minute for which lines are counted; null if none has been written since the last one ended. */
    @Volatile
    private var minute: TimeMark? = null

    /** [run] has ended, or was suspended, with [outcome]. */
    fun ended(
        run: RunState,
        outcome: WorkflowOutcome,
    ) {
        endMinute()
        when (outcome) {
            is WorkflowOutcome.Success -> log.log(Level.DEBUG) { "${run.described} succeeded" }
            is WorkflowOutcome.Suspended -> log.log(Level.INFO) { "${run.described} is suspended${until(outcome.dueAt)}" }
            is WorkflowOutcome.Reverted -> write(reverted, run, outcome.report) { "${run.described} was reverted" }
            is WorkflowOutcome.Failed -> write(failed, run, outcome.report) { "${run.described} failed" }
        }
    }

    private val RunState.described get() = "run=$id workflow=${plan.name}"

    private fun until(dueAt: Instant?) = if (dueAt == null) "" else " until $dueAt"

    private fun write(
        log: LimitedLog,
        run: RunState,
        report: WorkflowFailedException,
        line: () -> String,
    ) {
        if (minute == null) minute = timeSource.markNow()
        val stopped = report.stoppedBy.ifEmpty { report.failures }.mapValues { (_, failure) -> failure.javaClass.name }
        log.write(run.plan.name, stopped.values.firstOrNull() ?: "undone", trace = null) {
            line() + listed("; stopped by ", stopped.map { (task, type) -> "$task ($type)" }) +
                listed("; revert failed: ", report.revertFailures.map { (task, failure) -> "$task (${failure.javaClass.name})" }) +
                listed("; not reverted: ", report.notReverted)
        }
    }

    private fun listed(
        what: String,
        names: List<String>,
    ) = if (names.isEmpty()) "" else names.joinToString(prefix = what, limit = MOST_NAMED)

    private fun endMinute() {
        if ((minute ?: return).elapsedNow() < 1.minutes) return
        minute = null
        reverted.endMinute()
        failed.endMinute()
    }

    private companion object {
        val log = SafeLog("dev.reprise.workflow")
        const val MOST_NAMED = 20
    }
}
