package dev.reprise.internal.workflow.engine

import dev.reprise.internal.util.LimitedLog
import dev.reprise.internal.util.SafeLog
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import java.lang.System.Logger.Level
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/** Logs how runs end. The messages of failures can hold what must not be seen: only their classes are logged. */
internal class RunLog(
    private val timeSource: TimeSource,
) {
    private val log = SafeLog("dev.reprise.workflow")
    private val reverted = LimitedLog(log, Level.WARNING, "runs were reverted")
    private val failed = LimitedLog(log, Level.ERROR, "runs failed")

    /** The minute for which the lines are counted. */
    @Volatile
    private var minute: TimeMark = timeSource.markNow()

    /** [run] has ended, or was suspended, with [outcome]. */
    fun ended(
        run: RunState,
        outcome: WorkflowOutcome,
    ) {
        endMinute()
        val name = "run=${run.id} workflow=${run.plan.name}"
        when (outcome) {
            is WorkflowOutcome.Success -> log.log(Level.DEBUG) { "$name succeeded" }
            is WorkflowOutcome.Suspended -> log.log(Level.INFO) { "$name is suspended${outcome.dueAt?.let { " until $it" }.orEmpty()}" }
            is WorkflowOutcome.Reverted -> write(reverted, run, outcome.report) { "$name was reverted" }
            is WorkflowOutcome.Failed -> write(failed, run, outcome.report) { "$name failed" }
        }
    }

    private fun write(
        log: LimitedLog,
        run: RunState,
        report: WorkflowFailedException,
        line: () -> String,
    ) {
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
        if (minute.elapsedNow() < 1.minutes) return
        minute = timeSource.markNow()
        reverted.endMinute()
        failed.endMinute()
    }

    private companion object {
        const val MOST_NAMED = 20
    }
}
