package dev.reprise.internal.workflow.engine

import dev.reprise.workflow.model.ControllerAtom
import dev.reprise.workflow.model.RevertScope
import dev.reprise.workflow.model.TaskAtom
import dev.reprise.workflow.model.TaskOutcome
import dev.reprise.workflow.model.TaskScope
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.TaskRecord
import kotlinx.coroutines.delay
import kotlin.time.Duration

/** Starts atoms according to their intention, and resets what a controller runs again. */
internal class TaskStarter(
    private val run: RunState,
    private val values: ValueLookup,
    private val workers: Workers,
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
        run.move(atom, run.record(atom).copy(state = TaskState.RUNNING, progress = 0.0, isEnded = false))
        val it = plan.atoms[atom]
        val inputs = brokenBy(it.name) { values.arguments(atom, it.arguments) }
        when (it) {
            is TaskAtom -> execute(atom, it, TaskScope(it.name, inputs, reporter(atom)))
            is ControllerAtom -> execute(atom, it, inputs)
        }
    }

    private suspend fun execute(
        atom: Int,
        task: TaskAtom,
        scope: TaskScope,
    ) = workers.submit(Work(atom, reverts = false, scope) { task.execute(scope) })

    private suspend fun execute(
        atom: Int,
        controller: ControllerAtom,
        inputs: Map<String, Any?>,
    ) {
        resolver.begin(atom)
        val history = run.record(atom).history!!.with(inputs)
        val wait = history.attempts.lastOrNull()?.delay ?: Duration.ZERO
        workers.submit(
            Work(atom, reverts = false, scope = null) {
                delay(wait)
                controller.controller.execute(history)
            },
        )
    }

    private suspend fun revert(atom: Int) {
        val before = run.record(atom)
        val isInterrupted = before.isInterrupted || before.state == TaskState.RUNNING
        run.move(atom, before.copy(state = TaskState.REVERTING, progress = 0.0, isInterrupted = isInterrupted, isEnded = false))
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
}
