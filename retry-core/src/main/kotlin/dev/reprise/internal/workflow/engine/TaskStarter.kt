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

/** Starts atoms as their intention says, and resets what a controller runs again. */
internal class TaskStarter(
    private val run: RunState,
    private val values: ValueLookup,
    private val workers: Workers,
    private val resolver: FailureResolver,
) {
    private val plan get() = run.plan

    /** @throws RunBrokenException if a value that [atom] requires is not there. It has been told as started by then. */
    suspend fun start(atom: Int) {
        when (run.known(atom)?.intention ?: Intention.EXECUTE) {
            Intention.EXECUTE -> execute(atom)
            Intention.REVERT -> revert(atom)
            Intention.RETRY -> retry(atom)
            Intention.IGNORE -> error("${plan.atoms[atom].name} is passed over and must not start")
        }
    }

    /** Puts everything after [controller] back to its beginning. Each atom is saved on its own: a crash in between leaves the rest for [retry] to be done again. */
    suspend fun resetAfter(controller: Int) {
        val again = run.touchedAfter(controller)
        resolver.forget(controller, again)
        again.forEach { if (isTouched(it)) run.move(it, run.record(it).reset()) }
    }

    /** Between two atoms that have run there may be one that has not. */
    private fun isTouched(atom: Int) = run.record(atom).let { it.state != TaskState.PENDING || it.intention != Intention.EXECUTE }

    private suspend fun retry(controller: Int) {
        run.move(controller, run.record(controller).copy(state = TaskState.RETRYING, intention = Intention.EXECUTE))
        resetAfter(controller)
        execute(controller)
    }

    private suspend fun execute(atom: Int) {
        run.move(atom, run.record(atom).copy(state = TaskState.RUNNING, progress = 0.0, ended = false))
        val it = plan.atoms[atom]
        val inputs = brokenBy(it.name) { values.arguments(atom, it.arguments) }
        when (it) {
            is TaskAtom -> submit(atom, reverts = false) { it.execute(TaskScope(it.name, inputs, reporter(atom))) }
            is ControllerAtom -> execute(atom, it, inputs)
        }
    }

    private suspend fun execute(
        atom: Int,
        controller: ControllerAtom,
        inputs: Map<String, Any?>,
    ) {
        resolver.begin(atom)
        val history = run.record(atom).history!!.with(inputs)
        val wait = history.attempts.lastOrNull()?.wait ?: Duration.ZERO
        submit(atom, reverts = false) {
            delay(wait)
            controller.controller.execute(history)
        }
    }

    private suspend fun revert(atom: Int) {
        val before = run.record(atom)
        val interrupted = before.interrupted || before.state == TaskState.RUNNING
        run.move(atom, before.copy(state = TaskState.REVERTING, progress = 0.0, interrupted = interrupted, ended = false))
        val it = plan.atoms[atom]
        val inputs = brokenBy(it.name) { values.arguments(atom, it.revertArguments) }
        when (it) {
            is TaskAtom -> revert(atom, it, RevertScope(it.name, inputs, reporter(atom), run.failures), outcome(run.record(atom)))
            is ControllerAtom -> submit(atom, reverts = true) { it.controller.revert(before.history!!.with(inputs)) }
        }
    }

    private suspend fun revert(
        atom: Int,
        task: TaskAtom,
        scope: RevertScope,
        outcome: TaskOutcome<Any?>,
    ) = submit(atom, reverts = true) { task.revert?.invoke(scope, outcome) }

    private fun outcome(record: TaskRecord): TaskOutcome<Any?> =
        when {
            record.failure != null -> TaskOutcome.Threw(record.failure)
            record.interrupted -> TaskOutcome.Unknown
            else -> TaskOutcome.Returned(record.result)
        }

    private suspend fun submit(
        atom: Int,
        reverts: Boolean,
        code: suspend () -> Any?,
    ) = workers.submit(Work(atom, reverts, plan.isController(atom), code))

    private fun reporter(atom: Int): suspend (Double) -> Unit = { workers.progress(atom, it) }
}
