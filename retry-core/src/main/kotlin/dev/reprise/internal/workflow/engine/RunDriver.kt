package dev.reprise.internal.workflow.engine

import dev.reprise.internal.util.CoroutinesVersion
import dev.reprise.internal.workflow.plan.Plan
import dev.reprise.internal.workflow.plan.PlanCheck
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowProblem
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.spi.RunJournal
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch

/** Starts a run, executes it until it ends or is suspended, and describes how it ended. */
internal class RunDriver(
    private val settings: EngineSettings,
) {
    init {
        CoroutinesVersion.requireSupported()
    }

    /** Reads the run in [journal], or starts it with [inputs] if it is new. */
    suspend fun open(
        plan: Plan,
        inputs: Map<String, Any?>,
        id: String,
        journal: RunJournal,
    ): RunState {
        start(plan, inputs, journal)
        return RunState(plan, id, journal, settings).also { it.settle() }
    }

    private suspend fun start(
        plan: Plan,
        inputs: Map<String, Any?>,
        journal: RunJournal,
    ) {
        val stored = journal.outline
        val known = if (stored == null) inputs else journal.inputs
        PlanCheck(plan).checkInputs(known)
        if (stored == plan.outline) return
        if (stored != null && !settings.acceptChanges) throw changed(plan, stored)
        journal.start(plan.outline, known)
    }

    private fun changed(
        plan: Plan,
        stored: String,
    ): InvalidWorkflowException {
        val before = stored.lines().toSet()
        val now = plan.outline.lines().toSet()
        val differences = (before - now).map { "it had the $it" } + (now - before).map { "it has the $it" }
        val difference = if (differences.isEmpty()) "its tasks are in another order" else differences.joinToString(", ", limit = MOST_NAMED)
        return InvalidWorkflowException(WorkflowProblem.CHANGED, "the stored run belongs to another version of ${plan.name}: $difference")
    }

    /** Runs until nothing is left to do, or until the run is suspended. */
    suspend fun drive(run: RunState): WorkflowOutcome {
        run.move(WorkflowState.RUNNING)
        val stops = whileOwned(run) { withWorkers(settings, run) { workers -> RunScheduler(run, workers, settings).run() } }
        run.flush()
        return outcome(run, stops)
    }

    /** How [run] ended according to its records; [stops] is what stopped this execution. */
    fun outcome(
        run: RunState,
        stops: List<Stop> = emptyList(),
    ): WorkflowOutcome {
        val values = run.values()
        return when (run.state) {
            WorkflowState.SUCCESS -> WorkflowOutcome.Success(values)
            WorkflowState.SUSPENDED -> WorkflowOutcome.Suspended(values)
            WorkflowState.REVERTED -> WorkflowOutcome.Reverted(values, report(run, stops))
            else -> WorkflowOutcome.Failed(values, report(run, stops))
        }
    }

    /** If another engine takes the run, what runs here is cancelled. */
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

    private fun report(
        run: RunState,
        stops: List<Stop>,
    ): WorkflowFailedException {
        val records = List(run.plan.size, run::record)
        val all = records + run.unmatchedRecords
        return WorkflowFailedException(
            workflow = run.plan.name,
            state = run.state,
            stoppedBy = stops.associate { it.atom to it.failure },
            failures = all.mapNotNull { record -> record.failure?.let { record.name to it } }.toMap(),
            revertFailures = all.mapNotNull { record -> record.revertFailure?.let { record.name to it } }.toMap(),
            notReverted = records.filter { it.state == TaskState.SUCCESS }.map { it.name },
        )
    }

    private companion object {
        const val MOST_NAMED = 20
    }
}
