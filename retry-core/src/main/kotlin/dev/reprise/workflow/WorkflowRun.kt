package dev.reprise.workflow

import dev.reprise.internal.workflow.engine.RunState
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.WorkflowValues
import dev.reprise.workflow.spi.TaskRecord
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.withContext

/**
 * One run of a workflow, owned by one engine until it is [closed][close].
 *
 * What it is asked for ([state], [records], [values], [history]) may be asked at any time, by any thread.
 */
public class WorkflowRun internal constructor(
    private val engine: WorkflowEngine,
    private val run: RunState,
) {
    private val mutex = Mutex()

    /** Where the run stands. */
    public val state: WorkflowState get() = run.state

    /** The record of each atom, in the order of the workflow. */
    public val records: List<TaskRecord> get() = List(run.plan.size) { run.record(it) }

    /** The values that can be read. */
    public val values: WorkflowValues = WorkflowValues(run)

    /** The failures of now, by atom. Those of earlier attempts stand in the histories. */
    public val failures: Map<String, Throwable>
        get() = (records + run.strangers).mapNotNull { record -> record.failure?.let { record.name to it } }.toMap()

    /**
     * The history of the controller [name].
     *
     * @throws NoSuchElementException if there is no controller of that name.
     */
    public fun history(name: String): ControllerHistory =
        run.plan.indexOf(name)?.let { run.record(it).history } ?: throw NoSuchElementException("no controller is named $name")

    /**
     * Runs until nothing is left to do, or until it is suspended; goes on where it was.
     *
     * A run that is `SUCCESS` does nothing. One that is `REVERTED` is reset and begins anew. One that is `FAILURE` does what is still
     * possible; after a failed revert that is nothing, and it becomes `REVERTED`.
     *
     * When the caller is cancelled, running tasks are cancelled and the state stays as it is stored: running again, here or in another
     * process, calls the execute or the revert of those tasks again.
     *
     * @throws IllegalStateException if it is running already.
     */
    public suspend fun outcome(): WorkflowOutcome =
        exclusively {
            if (run.state == WorkflowState.REVERTED) resetAll()
            engine.drive(run)
        }

    /** Like [outcome], but a run that is undone stays so. */
    internal suspend fun outcomeOnce(): WorkflowOutcome =
        exclusively { if (run.state == WorkflowState.REVERTED) engine.ended(run) else engine.drive(run) }

    /** Like [outcome], but throws what the report of a failed run holds. */
    public suspend fun run(): WorkflowOutcome = outcome().orThrow()

    /** Asks the run to rest. What is running, and what stands in the queue for it, may end; nothing new is started. Ignored unless it is running. */
    public fun requestSuspension() {
        run.requestSuspension()
    }

    /** Puts every atom back to its beginning, without undoing anything. Attempts of controllers that were not reverted stay known. */
    public suspend fun reset(): Unit = exclusively { resetAll() }

    /** Gives the run back to the store, for any engine to go on with it. */
    public suspend fun close(): Unit = withContext(NonCancellable) { run.close() }

    private suspend fun resetAll() {
        for (atom in 0 until run.plan.size) {
            val record = run.record(atom)
            if (record != record.reset()) run.move(atom, record.reset())
        }
        run.move(WorkflowState.PENDING)
        run.flush()
    }

    private suspend inline fun <T> exclusively(code: () -> T): T {
        check(mutex.tryLock()) { "the run of ${run.plan.name} is running already" }
        try {
            run.settle()
            return code()
        } finally {
            mutex.unlock()
        }
    }
}

/** The outcome itself, unless it ended badly: then it throws the one failure that ended the run, or, if there are several, the report. */
public fun WorkflowOutcome.orThrow(): WorkflowOutcome =
    when (this) {
        is WorkflowOutcome.Success, is WorkflowOutcome.Suspended -> this
        is WorkflowOutcome.Reverted -> throw report.thrown()
        is WorkflowOutcome.Failed -> throw report.thrown()
    }
