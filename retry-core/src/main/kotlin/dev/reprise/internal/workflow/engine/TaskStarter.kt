package dev.reprise.internal.workflow.engine

import dev.reprise.workflow.model.ControllerAtom
import dev.reprise.workflow.model.RevertScope
import dev.reprise.workflow.model.TaskAtom
import dev.reprise.workflow.model.TaskOutcome
import dev.reprise.workflow.model.TaskScope
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.TaskRecord
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds

/** Starts atoms according to their intention, and resets what a controller runs again. */
internal class TaskStarter(
    private val run: RunState,
    private val values: ValueLookup,
    private val workers: Workers,
    private val waits: ControllerWaits,
    private val resolver: FailureResolver,
) {
    private val plan get() = run.plan

    /** @throws RunBrokenException if a value that [atom] requires is missing. The atom has been reported as started by then. */
    suspend fun start(atom: Int) {
        when (run.known(atom)?.intention ?: Intention.EXECUTE) {
            Intention.EXECUTE -> execute(atom)
            Intention.REVERT -> revert(atom)
            Intention.RETRY -> retry(atom)
            Intention.IGNORE -> error("${plan.atoms[atom].name} is skipped and must not start")
        }
    }

    /** Resets everything after [controller]. Each atom is saved separately: after a crash in between, [retry] resets the rest. */
    suspend fun resetAfter(controller: Int) {
        val again = run.touchedAfter(controller)
        resolver.forget(controller, again)
        again.forEach { if (isTouched(it)) run.move(it, run.record(it).reset()) }
    }

    /** Between two atoms that have run there can be one that has not. */
    private fun isTouched(atom: Int) = run.record(atom).let { it.state != TaskState.PENDING || it.intention != Intention.EXECUTE }

    private suspend fun retry(controller: Int) {
        run.move(controller, run.record(controller).copy(state = TaskState.RETRYING, intention = Intention.EXECUTE))
        resetAfter(controller)
        execute(controller)
    }

    private suspend fun execute(atom: Int) {
        when (val it = plan.atoms[atom]) {
            is TaskAtom -> execute(atom, it)
            is ControllerAtom -> executeWhenDue(atom)
        }
    }

    private suspend fun execute(
        atom: Int,
        task: TaskAtom,
    ) {
        val record = run.record(atom)
        run.move(atom, record.startedAt(run.now, TaskState.RUNNING, record.executions + 1))
        val inputs = brokenBy(task.name) { values.arguments(atom, task.arguments) }
        val scope = TaskScope(task.name, inputs, reporter(atom))
        workers.submit(Work(atom, reverts = false, scope, codeOf(task, scope, record.executions + 1)))
    }

    private fun codeOf(
        task: TaskAtom,
        scope: TaskScope,
        execution: Int,
    ): suspend () -> Any? {
        val limit = task.timeout ?: return { task.execute(scope) }
        return {
            run.timeLimit?.pause()
            try {
                task.executeWithin(limit, scope, execution)
            } finally {
                run.timeLimit?.resume()
            }
        }
    }

    /** The delay that the controller decided passes while it is `RUNNING`; of a run that was resumed meanwhile, what is left of it. */
    private suspend fun executeWhenDue(controller: Int) {
        run.step()
        val record = run.record(controller)
        val delay = minOf(record.history!!.lastDelay, LONGEST_DELAY)
        val left = if (record.state == TaskState.RUNNING) left(record.dueAt, delay) else delay
        resolver.begin(controller, waited = delay - left)
        if (left == Duration.ZERO) return startAttempt(controller)
        val dueAt = record.dueAt ?: Instant.ofEpochMilli(run.now + maxOf(left.inWholeMilliseconds, 1))
        run.move(controller, record.copy(state = TaskState.RUNNING, progress = 0.0, isEnded = false, dueAt = dueAt))
        waits.add(controller, left)
    }

    private fun left(
        dueAt: Instant?,
        delay: Duration,
    ): Duration = if (dueAt == null) Duration.ZERO else (dueAt.toEpochMilli() - run.now).milliseconds.coerceIn(Duration.ZERO, delay)

    /** Calls execute of [controller], whose delay is over. */
    suspend fun startAttempt(controller: Int) {
        val record = run.record(controller)
        run.move(controller, record.startedAt(run.now, TaskState.RUNNING, record.executions + 1))
        val atom = plan.atoms[controller] as ControllerAtom
        val history = record.history!!.with(brokenBy(atom.name) { values.arguments(controller, atom.arguments) })
        workers.submit(Work(controller, reverts = false, scope = null) { atom.controller.execute(history) })
    }

    private suspend fun revert(atom: Int) {
        val before = run.record(atom)
        val isInterrupted = before.isInterrupted || before.state == TaskState.RUNNING
        run.move(atom, before.startedAt(run.now, TaskState.REVERTING, isInterrupted = isInterrupted))
        val it = plan.atoms[atom]
        val inputs = brokenBy(it.name) { values.arguments(atom, it.revertArguments) }
        when (it) {
            is TaskAtom -> {
                revert(atom, it, RevertScope(it.name, inputs, reporter(atom), run.failures), outcome(run.record(atom)))
            }

            is ControllerAtom -> {
                workers.submit(
                    Work(atom, reverts = true, scope = null) { it.controller.revert(before.history!!.with(inputs)) },
                )
            }
        }
    }

    private suspend fun revert(
        atom: Int,
        task: TaskAtom,
        scope: RevertScope,
        outcome: TaskOutcome<Any?>,
    ) = workers.submit(Work(atom, reverts = true, scope) { task.revert?.invoke(scope, outcome) })

    private fun outcome(record: TaskRecord): TaskOutcome<Any?> =
        when {
            record.failure != null -> TaskOutcome.Threw(record.failure)
            record.isInterrupted -> TaskOutcome.Unknown
            else -> TaskOutcome.Returned(record.result)
        }

    private fun reporter(atom: Int): (Double) -> Unit = { workers.report(ProgressReport(atom, it)) }

    private companion object {
        /** A sum of it and the present does not overflow. */
        val LONGEST_DELAY = 100_000.days
    }
}
