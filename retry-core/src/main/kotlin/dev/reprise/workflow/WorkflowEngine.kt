package dev.reprise.workflow

import dev.reprise.internal.workflow.calls.OrphanedRuns
import dev.reprise.internal.workflow.engine.RunDriver
import dev.reprise.internal.workflow.engine.RunRequest
import dev.reprise.internal.workflow.plan.Plan
import dev.reprise.internal.workflow.plan.PlanCache
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.operate.RunPage
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.operate.RunSnapshot
import dev.reprise.workflow.spi.WorkflowStore
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import java.util.UUID
import java.util.concurrent.atomic.AtomicLong

/**
 * Runs workflows and keeps their state in [store], by default in memory.
 *
 * ```
 * val engine = WorkflowEngine(store) { parallelism = 4 }
 * val outcome = engine.execute(trip, Inputs.of(traveller, "Ada"), id = "trip 7")
 * ```
 */
public class WorkflowEngine(
    private val store: WorkflowStore = InMemoryWorkflowStore(),
    settings: WorkflowEngineBuilder.() -> Unit = {},
) {
    private val settings = WorkflowEngineBuilder().apply(settings).settings()
    private val driver = RunDriver(this.settings)

    /**
     * Runs [workflow] to its end and returns how it ended.
     *
     * With the [id] of a stored run it continues that run, with the inputs that were stored with it. [inputs] need not be repeated; if they are,
     * they have to be the same. Without an id the run is new and gets an id of its own; a store in memory forgets it when it has succeeded or was
     * reverted.
     *
     * @throws InvalidWorkflowException if it cannot run, before anything has: also if the stored run has other inputs, or another workflow.
     * @throws RunTakenException if another engine owns the run.
     */
    public suspend fun execute(
        workflow: Workflow,
        inputs: Inputs = Inputs.NONE,
        id: String? = null,
    ): WorkflowOutcome {
        val run = open(PlanCache.planOf(workflow), inputs, id, isExecutedOnce = true)
        try {
            return run.execute()
        } finally {
            run.close()
        }
    }

    /**
     * Like [execute], but throws what ended a run that did not succeed: the failure itself, or a report of several.
     *
     * @throws WorkflowFailedException if several failures ended it.
     */
    public suspend fun executeOrThrow(
        workflow: Workflow,
        inputs: Inputs = Inputs.NONE,
        id: String? = null,
    ): WorkflowOutcome = execute(workflow, inputs, id).orThrow()

    /** Opens a new or a stored run without running it; the caller closes it. Throws like [execute]. */
    public suspend fun open(
        workflow: Workflow,
        inputs: Inputs = Inputs.NONE,
        id: String? = null,
    ): WorkflowRun = open(PlanCache.planOf(workflow), inputs, id)

    /**
     * Undoes all that has run of the stored run [id], whatever it ended as: the reverts of its tasks and controllers are called in reverse order, no
     * controller decides. Reverts that have failed are called again. The intention is saved first, so that the run can only go on backwards if
     * this process dies; undoing it again continues. A run that is undone already stays so.
     *
     * The run is then `REVERTED`, or `FAILURE` if a revert threw. Executing it starts over.
     *
     * @throws NoSuchElementException if there is no such run, or it has not started.
     * @throws RunTakenException if an engine has it: a run that is running has to be closed first.
     * @throws InvalidWorkflowException if it is a run of another workflow.
     */
    public suspend fun undo(
        workflow: Workflow,
        id: String,
    ): WorkflowOutcome = withStored(workflow, id) { it.undo() }

    /**
     * Resets all tasks of the stored run [id] without undoing them, so that it starts over. For a run that a person has looked at.
     *
     * @throws NoSuchElementException if there is no such run, or it has not started.
     * @throws RunTakenException if an engine has it.
     * @throws InvalidWorkflowException if it is a run of another workflow.
     */
    public suspend fun reset(
        workflow: Workflow,
        id: String,
    ): Unit = withStored(workflow, id) { it.reset() }

    /** The stored runs, a page at a time; see [WorkflowStore.runs]. */
    public suspend fun runs(
        query: RunQuery = RunQuery.ALL,
        after: String? = null,
        limit: Int = 50,
    ): RunPage = store.runs(query, after, limit)

    /** A stored run for looking only, also while another engine owns it; null if there is none. */
    public suspend fun read(id: String): RunSnapshot? = store.read(id)

    /** Removes the runs [ids] and all their data; returns the ids of those that were removed. Runs that an engine owns are skipped. */
    public suspend fun remove(ids: Collection<String>): Set<String> = store.remove(ids)

    /** Runs of the durable workflow named [workflow], undone by the calls to [undoHandler], whose calls are gone. */
    internal fun orphanedRuns(
        workflow: String,
        undoHandler: String,
    ) = OrphanedRuns(store, settings.clock, workflow, undoHandler)

    internal suspend fun open(
        plan: Plan,
        inputs: Inputs,
        id: String?,
        isExecutedOnce: Boolean = false,
    ): WorkflowRun {
        val isForgotten = id == null && !store.keepsAnonymousRuns
        val request = RunRequest(id ?: newId(isForgotten), inputs.byName, isExecutedOnce = isExecutedOnce)
        return if (isForgotten) open(plan, request) { store.remove(setOf(request.id)) } else open(plan, request)
    }

    /** What is forgotten with this process needs to be unique only here, and a random id takes as long as some tasks. */
    private fun newId(isForgotten: Boolean) = if (isForgotten) "$process-${forgotten.incrementAndGet()}" else UUID.randomUUID().toString()

    internal suspend fun open(
        plan: Plan,
        request: RunRequest,
        onEnd: suspend () -> Unit = {},
    ): WorkflowRun {
        val journal = store.open(request.id, request.isExecutedOnce)
        try {
            val run = driver.open(plan, request, journal)
            // A caller that has been cancelled gets no run to close.
            currentCoroutineContext().ensureActive()
            return WorkflowRun(driver, run, onEnd)
        } catch (e: Throwable) {
            withContext(NonCancellable) { journal.close() }
            throw e
        }
    }

    /** True if a run of this id has started. */
    internal suspend fun knows(id: String): Boolean = store.read(id)?.structure != null

    private suspend fun <T> withStored(
        workflow: Workflow,
        id: String,
        action: suspend (WorkflowRun) -> T,
    ): T {
        if (!knows(id)) throw NoSuchElementException("there is no run \"$id\" that has started")
        val run = open(PlanCache.planOf(workflow), RunRequest(id, isContinuation = true))
        try {
            return action(run)
        } finally {
            run.close()
        }
    }

    private companion object {
        val process = UUID.randomUUID().toString()
        val forgotten = AtomicLong()
    }
}
