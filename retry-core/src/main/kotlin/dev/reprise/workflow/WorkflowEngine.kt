package dev.reprise.workflow

import dev.reprise.internal.workflow.engine.RunScheduler
import dev.reprise.internal.workflow.engine.RunState
import dev.reprise.internal.workflow.engine.Stop
import dev.reprise.internal.workflow.engine.withWorkers
import dev.reprise.internal.workflow.plan.Plan
import dev.reprise.internal.workflow.plan.PlanCheck
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowProblem
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.WorkflowValues
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.WorkflowStore
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.util.UUID
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.time.TimeSource

/**
 * Runs workflows and keeps their state in [store].
 *
 * @throws IllegalArgumentException if [parallelism] is below 1.
 */
public class WorkflowEngine(
    private val store: WorkflowStore = InMemoryWorkflowStore(),
    /**
     * How many tasks run at a time. With 1 (the default) atoms run one after the other in the caller's coroutine, in waves: all that is
     * ready, then a look at how it ended. With more they run in as many coroutines; controllers are not counted.
     */
    private val parallelism: Int = 1,
    /** Where the coroutines of a parallel engine run: nothing more than the caller's context by default. Hand in a dispatcher to use several cores. */
    private val context: CoroutineContext = EmptyCoroutineContext,
    /**
     * What becomes of the rest when a controller gives up with [Resolution.Revert][dev.reprise.workflow.model.ControllerDecision.Revert] and nobody outside makes another attempt. True (the
     * default): everything is undone. False, TaskFlow's way for old callers: only the controller's own workflow and what comes after it.
     */
    private val deferReverts: Boolean = true,
    /** False: the first failure ends the run as `FAILURE`, also when it is run again; no controller is asked, nothing is undone. */
    private val resolveFailures: Boolean = true,
    /** False (the default): a stored run whose workflow has changed is refused. True: atoms are matched by name, new ones have not run, missing ones are passed over. */
    private val acceptChanges: Boolean = false,
    private val listeners: List<WorkflowListener> = emptyList(),
    private val timeSource: TimeSource = TimeSource.Monotonic,
) {
    init {
        require(parallelism >= 1) { "parallelism must be positive, but was $parallelism" }
    }

    /**
     * Runs [workflow] to its end and returns how it ended; throws what ended it if that is not success.
     *
     * With the [id] of a stored run it goes on where that one was, and [inputs] are those that were stored with it. Without one the run is
     * new and has an id of its own.
     *
     * @throws InvalidWorkflowException if it cannot run, before anything has.
     * @throws RunTakenException if another engine has the run.
     * @throws WorkflowFailedException if several failures ended it.
     */
    public suspend fun run(
        workflow: Workflow,
        inputs: Inputs = Inputs.none,
        id: String = newId(),
    ): WorkflowOutcome = outcome(workflow, inputs, id).orThrow()

    /** Like [run], but a run that ends badly is returned like every other. */
    public suspend fun outcome(
        workflow: Workflow,
        inputs: Inputs = Inputs.none,
        id: String = newId(),
    ): WorkflowOutcome {
        val run = prepare(workflow, inputs, id)
        try {
            return run.outcome()
        } finally {
            run.close()
        }
    }

    /** Opens a new or a stored run without running it; the caller closes it. Throws like [run]. */
    public suspend fun prepare(
        workflow: Workflow,
        inputs: Inputs = Inputs.none,
        id: String = newId(),
    ): WorkflowRun = prepare(workflow.plan, inputs, id)

    internal suspend fun prepare(
        plan: Plan,
        inputs: Inputs,
        id: String,
    ): WorkflowRun {
        val journal = store.open(id)
        try {
            begin(plan, inputs, journal)
            val run = RunState(plan, journal, listeners)
            run.settle()
            return WorkflowRun(this, run)
        } catch (e: Throwable) {
            withContext(NonCancellable) { journal.close() }
            throw e
        }
    }

    private suspend fun begin(
        plan: Plan,
        inputs: Inputs,
        journal: RunJournal,
    ) {
        val stored = journal.outline
        val known = if (stored == null) inputs.byName else journal.inputs
        PlanCheck(plan).checkInputs(known)
        if (stored == plan.outline) return
        if (stored != null && !acceptChanges) throw changed(plan, stored)
        journal.begin(plan.outline, known)
    }

    private fun changed(
        plan: Plan,
        stored: String,
    ): InvalidWorkflowException {
        val before = stored.lines().toSet()
        val now = plan.outline.lines().toSet()
        val differences = (before - now).map { "it had the $it" } + (now - before).map { "it has the $it" }
        val difference = if (differences.isEmpty()) "its atoms are in another order" else differences.joinToString(", ", limit = MOST_NAMED)
        return InvalidWorkflowException(WorkflowProblem.CHANGED, "the stored run is not one of ${plan.name} as it is now: $difference")
    }

    internal suspend fun drive(run: RunState): WorkflowOutcome {
        run.move(WorkflowState.RUNNING)
        val stops =
            whileOwned(run) {
                withWorkers(parallelism, context, run) { workers ->
                    RunScheduler(run, workers, deferReverts, resolveFailures, timeSource).run()
                }
            }
        run.flush()
        return ended(run, stops)
    }

    /** How [run] ended, as far as it stands in its records; [stops] is what stopped it in the stretch that ended now. */
    internal fun ended(
        run: RunState,
        stops: List<Stop> = emptyList(),
    ): WorkflowOutcome {
        val values = WorkflowValues(run)
        return when (run.state) {
            WorkflowState.SUCCESS -> WorkflowOutcome.Success(values)
            WorkflowState.SUSPENDED -> WorkflowOutcome.Suspended(values)
            WorkflowState.REVERTED -> WorkflowOutcome.Reverted(values, run.report(stops))
            else -> WorkflowOutcome.Failed(values, run.report(stops))
        }
    }

    /** When another engine takes the run, what runs here is cancelled. */
    private suspend fun <T> whileOwned(
        run: RunState,
        block: suspend () -> T,
    ): T {
        val lost = run.lost ?: return block()
        return coroutineScope {
            val watch =
                launch {
                    lost.join()
                    run.flush()
                }
            block().also { watch.cancel() }
        }
    }

    private companion object {
        const val MOST_NAMED = 20

        fun newId(): String = UUID.randomUUID().toString()
    }
}

private fun RunState.report(stops: List<Stop>): WorkflowFailedException {
    val records = List(plan.size, ::record)
    val all = records + strangers
    return WorkflowFailedException(
        workflow = plan.name,
        state = state,
        stoppedBy = stops.associate { it.atom to it.failure },
        failures = all.mapNotNull { record -> record.failure?.let { record.name to it } }.toMap(),
        revertFailures = all.mapNotNull { record -> record.revertFailure?.let { record.name to it } }.toMap(),
        notReverted = records.filter { it.state == TaskState.SUCCESS }.map { it.name },
    )
}
