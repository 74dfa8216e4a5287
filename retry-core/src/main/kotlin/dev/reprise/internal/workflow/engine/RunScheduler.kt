package dev.reprise.internal.workflow.engine

import dev.reprise.internal.workflow.plan.IntList
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowState

/** One execution of a run, from its start or its resumption to its end or its suspension. */
internal class RunScheduler(
    private val run: RunState,
    private val workers: Workers,
    private val waits: ControllerWaits,
    settings: EngineSettings,
    private val isUndo: Boolean,
) {
    private val plan = run.plan
    private val readiness = run.readiness()
    private val values = ValueLookup(run)
    private val resolver = FailureResolver(run, values, settings.deferReverts, settings.timeSource)
    private val finisher = CompletionRecorder(run, resolver, failureMode(settings))
    private val starter = TaskStarter(run, values, workers, waits, resolver)
    private val deciders = DeciderCheck(run)
    private val ready = IntList()

    /**
     * Starts everything that is ready, then processes how it ended, failures first; what has been started always ends. Returns what stopped
     * the run.
     */
    suspend fun run(): List<Stop> {
        run.step()
        resume()
        collect()
        while (true) {
            run.heedSuspension()
            if (isGoing) startReady()
            if (workers.isBusy) {
                finish(workers.ended())
            } else if (!hasWaited()) {
                break
            }
            collect()
        }
        run.move(end())
        return finisher.stops
    }

    private val isGoing: Boolean get() = run.state == WorkflowState.RUNNING && finisher.stops.isEmpty()

    /** Waits for the delay of a controller if nothing else is left to do; false if this stretch ends instead. */
    private suspend fun hasWaited(): Boolean {
        if (!isGoing || waits.isEmpty) return false
        if (waits.isWorthWaiting) {
            run.flush()
            waits.await()
            run.step()
        } else {
            run.move(WorkflowState.SUSPENDING)
        }
        return true
    }

    /** Continues what an earlier process, or an earlier execution, left unfinished. */
    private suspend fun resume() {
        if (run.isUntouched) return
        inState(TaskState.FAILURE).forEach { finisher.resolve(it) }
        val ended = inState(TaskState.RUNNING, TaskState.REVERTING).map { run.record(it) to it }
        finish(ended.filter { (record, _) -> record.isEnded }.map { (record, atom) -> record.end(atom) })
        inState(TaskState.RETRYING).forEach { starter.resetAfter(it) }
        inState(TaskState.RUNNING, TaskState.REVERTING).forEach { ready.add(it) }
        if (isUndo) inState(TaskState.REVERT_FAILURE).forEach { ready.add(it) }
    }

    private fun failureMode(settings: EngineSettings) =
        when {
            isUndo -> FailureMode.UNDO
            settings.resolveFailures -> FailureMode.RESOLVE
            else -> FailureMode.STOP
        }

    private suspend fun finish(ended: List<TaskEnd>) = if (ended.size == 1) finisher.finish(ended[0]) else finishAll(ended)

    private suspend fun finishAll(ended: List<TaskEnd>) {
        ended.forEach { if (it.failure != null) finisher.finish(it) }
        ended.forEach { if (it.failure == null) finisher.finish(it) }
    }

    private fun inState(vararg states: TaskState) =
        IntList().also { found -> for (atom in 0 until plan.size) if (run.known(atom)?.let { it.state in states } == true) found.add(atom) }

    private suspend fun collect() {
        readiness.drain { atom ->
            when {
                readiness.mayRevert(atom) -> ready.add(atom)
                readiness.mayExecute(atom) && (!plan.isConditional(atom) || isWanted(atom)) -> ready.add(atom)
            }
        }
    }

    private suspend fun isWanted(atom: Int): Boolean =
        try {
            deciders.isWanted(atom)
        } catch (e: RunBrokenException) {
            finisher.stops += Stop(e.by, e.cause)
            false
        }

    private suspend fun startReady() {
        val batch = plan.byPriority(ready)
        ready.clear()
        try {
            while (true) {
                val due = waits.next() ?: break
                workers.keepEnds()
                starter.startAttempt(due)
            }
            for (atom in batch) {
                workers.keepEnds()
                starter.start(atom)
            }
        } catch (e: RunBrokenException) {
            finisher.stops += Stop(e.by, e.cause)
        }
    }

    private fun end(): WorkflowState =
        when {
            finisher.stops.isNotEmpty() -> WorkflowState.FAILURE
            ready.size > 0 || !waits.isEmpty -> WorkflowState.SUSPENDED
            run.isDone -> WorkflowState.SUCCESS
            else -> WorkflowState.REVERTED
        }
}
