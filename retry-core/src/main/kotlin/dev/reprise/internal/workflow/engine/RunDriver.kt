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
import java.time.InstantSource
import kotlin.time.Duration

/** Which run is opened, and for what. */
internal class RunRequest(
    val id: String,
    val inputs: Map<String, Any?> = emptyMap(),
    /** The clock by which its controllers wait; null: that of the engine. */
    val clock: InstantSource? = null,
    /** The time limit within which it is executed; null if it has none. */
    val timeLimit: TimeLimit? = null,
    /** True if it is certain that a stored run of this id is the one that is meant. */
    val isContinuation: Boolean = false,
    /** True if the run is that of a durable call, whose id it has. */
    val isOfCall: Boolean = false,
    /** True if the run is executed once, as soon as it is open, and is closed then. */
    val isExecutedOnce: Boolean = false,
)

/** A limit for the execution of a run, in which the time of tasks with a limit of their own does not count. */
internal interface TimeLimit {
    /** Stops counting, until [resume] has been called as often. */
    fun pause()

    fun resume()
}

/** Starts a run, executes it until it ends or is suspended, and describes how it ended. */
internal class RunDriver(
    private val settings: EngineSettings,
) {
    private val log = RunLog(settings.timeSource)

    init {
        CoroutinesVersion.requireSupported()
    }

    /** Reads the run in [journal], or starts it if it is new. */
    suspend fun open(
        plan: Plan,
        request: RunRequest,
        journal: RunJournal,
    ): RunState {
        start(plan, request, journal)
        return RunState(plan, request, journal, settings).also { it.settle() }
    }

    private suspend fun start(
        plan: Plan,
        request: RunRequest,
        journal: RunJournal,
    ) {
        val stored = journal.outline
        if (stored != null && !request.isContinuation) requireSame(request, journal)
        val known = if (stored == null) request.inputs else journal.inputs
        PlanCheck(plan).checkInputs(known)
        if (stored == plan.outline) return
        if (stored != null && !settings.acceptChanges) throw changed(plan, stored)
        journal.start(plan.outline, known, request.isOfCall)
    }

    /** Under one id there is one run: an input that differs means that the caller wants another one. An input that is not repeated is the stored one. */
    private fun requireSame(
        request: RunRequest,
        journal: RunJournal,
    ) {
        val differing = request.inputs.filterNot { (name, value) -> journal.hasInput(name, value) }.keys
        if (differing.isEmpty()) return
        val differences = differing.joinToString { if (it in journal.inputs) "\"$it\" has another value" else "\"$it\" is not among them" }
        throw InvalidWorkflowException(
            WorkflowProblem.OTHER_INPUTS,
            "the run \"${request.id}\" has started with other inputs: $differences; to run with these, use another id",
        )
    }

    private fun changed(
        plan: Plan,
        stored: String,
    ): InvalidWorkflowException {
        val before = stored.lines().toSet()
        val now = plan.outline.lines().toSet()
        val differences = (before - now).map { "it had the $it" } + (now - before).map { "it has the $it" }
        val difference = if (differences.isEmpty()) "its tasks are in another order" else differences.joinToString(", ", limit = MOST_NAMED)
        return InvalidWorkflowException(
            WorkflowProblem.CHANGED,
            "the stored run belongs to another version of ${plan.name}: ${difference.replace('\t', ' ')}",
        )
    }

    /**
     * Runs until nothing is left to do, or until the run is suspended. It is suspended, too, when nothing is left but delays of controllers that
     * are longer than [patience].
     */
    suspend fun drive(
        run: RunState,
        patience: Duration = Duration.INFINITE,
    ): WorkflowOutcome = stretch(run, patience, isUndo = false)

    /** Undoes everything that has run. The intention is saved first: after a crash every engine continues backwards. */
    suspend fun undo(run: RunState): WorkflowOutcome {
        val ended = outcome(run)
        if (ended is WorkflowOutcome.Reverted && ended.report.isComplete) return ended
        run.intendUndo()
        return stretch(run, Duration.INFINITE, isUndo = true)
    }

    private val WorkflowFailedException.isComplete: Boolean get() = revertFailures.isEmpty() && notReverted.isEmpty()

    private suspend fun stretch(
        run: RunState,
        patience: Duration,
        isUndo: Boolean,
    ): WorkflowOutcome {
        run.move(WorkflowState.RUNNING)
        val stops =
            whileOwned(run) {
                withWorkers(settings, run, patience) { workers, waits -> RunScheduler(run, workers, waits, settings, isUndo).run() }
            }
        run.flushEnd()
        return outcome(run, stops).also { log.ended(run, it) }
    }

    /** How [run] ended according to its records; [stops] is what stopped this execution. */
    fun outcome(
        run: RunState,
        stops: List<Stop> = emptyList(),
    ): WorkflowOutcome {
        val values = run.values()
        return when (run.state) {
            WorkflowState.SUCCESS -> WorkflowOutcome.Success(values)
            WorkflowState.SUSPENDED -> WorkflowOutcome.Suspended(values, run.dueAt())
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
