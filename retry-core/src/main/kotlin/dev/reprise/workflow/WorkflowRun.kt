package dev.reprise.workflow

import dev.reprise.internal.workflow.engine.RunDriver
import dev.reprise.internal.workflow.engine.RunState
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.WorkflowValues
import dev.reprise.workflow.spi.TaskRecord
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.job
import kotlinx.coroutines.withContext
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration

/**
 * One run of a workflow, owned by one engine until it is [closed][close].
 *
 * [state], [records], [values], [failures] and [history] can be read at any time, by any thread.
 */
public class WorkflowRun internal constructor(
    private val driver: RunDriver,
    private val run: RunState,
    /** Called when the run is closed after it has succeeded or was reverted. */
    private val onEnd: suspend () -> Unit = {},
) {
    private val running = AtomicReference<Job?>()

    @Volatile
    private var isClosed = false

    /** The id of the run, unique in its store. */
    public val id: String get() = run.id

    /** The state of the run. */
    public val state: WorkflowState get() = run.state

    /** The record of each task and controller, in the order of the workflow. */
    public val records: List<TaskRecord> get() = List(run.plan.size) { run.record(it) }

    /** The values that can be read. */
    public val values: WorkflowValues = run.values()

    /** The current failures, by task. Those of earlier attempts are in the histories. */
    public val failures: Map<String, Throwable>
        get() = (records + run.unmatchedRecords).mapNotNull { record -> record.failure?.let { record.name to it } }.toMap()

    /**
     * The history of the controller [name].
     *
     * @throws NoSuchElementException if there is no controller of that name.
     */
    public fun history(name: String): ControllerHistory =
        run.plan.indexOf(name)?.let { run.record(it).history } ?: throw NoSuchElementException("no controller is named $name")

    /**
     * Runs until nothing is left to do, or until the run is suspended; continues where it stopped.
     *
     * A run that is `SUCCESS` does nothing. A `REVERTED` run is reset and starts over. A `FAILURE` run does what is still
     * possible; after a failed revert that is nothing, and it becomes `REVERTED`.
     *
     * If the caller is cancelled, running tasks are cancelled and the stored state stays: executing the run again, here or in another
     * process, calls the execute or the revert of those tasks again.
     *
     * @throws IllegalStateException if it is running already.
     * @throws CancellationException if the run is or was closed.
     */
    public suspend fun execute(): WorkflowOutcome = execute(Duration.INFINITE)

    /** Like [execute], but delays of controllers that are longer than [patience] suspend it. */
    internal suspend fun execute(patience: Duration): WorkflowOutcome = exclusively { driveOn(patience) }

    /**
     * Like [execute], for an attempt at a durable call. A run that a person has to look at stays as it is, unless that person [resets] it; so does
     * one that was reverted because it failed, if this is the [isFirst] attempt that ends: its worker died before it could report that.
     */
    internal suspend fun carry(
        isFirst: Boolean,
        patience: Duration,
        resets: Boolean,
    ): WorkflowOutcome =
        exclusively {
            val settled = if (run.state == WorkflowState.FAILURE || run.state == WorkflowState.REVERTED) driver.outcome(run) else null
            if (resets && settled?.isStuck == true) resetAll()
            when {
                settled == null || run.state == WorkflowState.PENDING -> driveOn(patience)
                settled.isStuck -> settled
                settled is WorkflowOutcome.Reverted && isFirst && settled.report.failures.isNotEmpty() -> settled
                else -> driveOn(patience)
            }
        }

    /** True for a run that a person has to look at. */
    private val WorkflowOutcome.isStuck: Boolean
        get() = this is WorkflowOutcome.Failed || (this is WorkflowOutcome.Reverted && report.revertFailures.isNotEmpty())

    private suspend fun driveOn(patience: Duration): WorkflowOutcome {
        if (run.state == WorkflowState.REVERTED) resetAll()
        return driver.drive(run, patience)
    }

    /** See [WorkflowEngine.undo]. */
    internal suspend fun undo(): WorkflowOutcome = exclusively { driver.undo(run) }

    /** Like [execute], but throws what ended a run that did not succeed. */
    public suspend fun executeOrThrow(): WorkflowOutcome = execute().orThrow()

    /**
     * Suspends the run: tasks that are running or submitted can end; nothing new starts. A controller stops waiting: executing the run again
     * waits for what is left of its delay. Ignored unless the run is running.
     */
    public fun requestSuspension() {
        run.requestSuspension()
    }

    /**
     * Resets every task without reverting it. Controllers that were not reverted keep their histories.
     *
     * @throws IllegalStateException if the run is running.
     * @throws CancellationException if the run is or was closed.
     */
    public suspend fun reset(): Unit = exclusively { resetAll() }

    /**
     * Releases the run, for any engine to continue it. A run that is still running is cancelled first, and its tasks have ended when this
     * returns: do not call it from one of them.
     */
    public suspend fun close(): Unit =
        withContext(NonCancellable) {
            isClosed = true
            running.get()?.run {
                cancel(closed())
                join()
            }
            run.close()
            if (run.state == WorkflowState.SUCCESS || run.state == WorkflowState.REVERTED) onEnd()
        }

    private suspend fun resetAll() {
        for (atom in 0 until run.plan.size) {
            val record = run.record(atom)
            if (record != record.reset()) run.move(atom, record.reset())
        }
        run.move(WorkflowState.PENDING)
        run.flush()
    }

    private suspend fun <T> exclusively(code: suspend () -> T): T =
        coroutineScope {
            val job = coroutineContext.job
            check(running.compareAndSet(null, job)) { "the run of ${run.plan.name} is running already" }
            try {
                // Only now: a close that does not see this job is seen here.
                if (isClosed) throw closed()
                run.settle()
                code()
            } finally {
                running.set(null)
            }
        }

    private fun closed() = CancellationException("the run of ${run.plan.name} was closed")
}
