package dev.reprise.workflow

import dev.reprise.internal.workflow.engine.RunDriver
import dev.reprise.internal.workflow.plan.Plan
import dev.reprise.internal.workflow.plan.PlanCache
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.spi.WorkflowStore
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import java.util.UUID

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
    private val driver = RunDriver(WorkflowEngineBuilder().apply(settings).settings())

    /**
     * Runs [workflow] to its end and returns how it ended.
     *
     * With the [id] of a stored run it continues that run, with the inputs that were stored with it. Without an id the run is new and gets
     * a new id.
     *
     * @throws InvalidWorkflowException if it cannot run; nothing has run then.
     * @throws RunTakenException if another engine owns the run.
     */
    public suspend fun execute(
        workflow: Workflow,
        inputs: Inputs = Inputs.NONE,
        id: String? = null,
    ): WorkflowOutcome {
        val run = open(workflow, inputs, id)
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
    ): WorkflowRun = open(PlanCache.planOf(workflow), inputs, id ?: UUID.randomUUID().toString())

    /**
     * Removes the run [id] and all its data; returns false if there is none.
     *
     * @throws RunTakenException if an engine owns it.
     */
    public suspend fun remove(id: String): Boolean = store.remove(id)

    internal suspend fun open(
        plan: Plan,
        inputs: Inputs,
        id: String,
    ): WorkflowRun {
        val journal = store.open(id)
        try {
            val run = driver.open(plan, inputs.byName, id, journal)
            // A caller that has been cancelled gets no run to close.
            currentCoroutineContext().ensureActive()
            return WorkflowRun(driver, run)
        } catch (e: Throwable) {
            withContext(NonCancellable) { journal.close() }
            throw e
        }
    }
}
