package dev.reprise.workflow.spi

import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.TaskState.FAILURE
import dev.reprise.workflow.model.TaskState.IGNORE
import dev.reprise.workflow.model.TaskState.PENDING
import dev.reprise.workflow.model.TaskState.RETRYING
import dev.reprise.workflow.model.TaskState.REVERTED
import dev.reprise.workflow.model.TaskState.REVERTING
import dev.reprise.workflow.model.TaskState.REVERT_FAILURE
import dev.reprise.workflow.model.TaskState.RUNNING
import dev.reprise.workflow.model.TaskState.SUCCESS
import dev.reprise.workflow.model.WorkflowState

/** One allowed transition and why it is allowed. */
public class Transition<S> internal constructor(
    /** The state that is left. */
    public val from: S,
    /** The state that is entered. */
    public val to: S,
    /** The reason, as a sentence about what changes its state. */
    public val reason: String,
)

/** The allowed transitions of tasks, controllers and whole runs. Every other transition is rejected. */
public object AllowedTransitions {
    private val ofEveryAtom =
        listOf(
            Transition(PENDING, RUNNING, "everything before it is done"),
            Transition(PENDING, IGNORE, "a decider on a link to it returned false"),
            Transition(RUNNING, SUCCESS, "its execute returned"),
            Transition(RUNNING, FAILURE, "its execute threw"),
            Transition(RUNNING, REVERTING, "a crash left it running and the run is reverted: its end is unknown"),
            Transition(SUCCESS, REVERTING, "something else failed and everything after it is reverted"),
            Transition(FAILURE, REVERTING, "it failed itself and everything after it is reverted"),
            Transition(REVERTING, REVERTED, "its revert returned"),
            Transition(REVERTING, REVERT_FAILURE, "its revert threw"),
            Transition(REVERT_FAILURE, REVERTING, "the undoing of the run was requested after its revert threw"),
            Transition(REVERTED, PENDING, "another attempt starts"),
            Transition(IGNORE, PENDING, "another attempt starts and its decider is called again"),
            Transition(SUCCESS, PENDING, "the run was reset by hand"),
            Transition(FAILURE, PENDING, "the run was reset by hand"),
            Transition(RUNNING, PENDING, "the run was reset by hand after an error left it running"),
            Transition(REVERT_FAILURE, PENDING, "the run was reset, by hand or by running it again"),
        )

    /** The transitions of a task. */
    @JvmField
    public val ofTasks: List<Transition<TaskState>> = ofEveryAtom

    /** The transitions of a controller. */
    @JvmField
    public val ofControllers: List<Transition<TaskState>> =
        ofEveryAtom +
            listOf(
                Transition(SUCCESS, RETRYING, "its attempt is reverted and it decided to make another one"),
                Transition(RETRYING, RUNNING, "what is after it was reset"),
                Transition(RETRYING, REVERTING, "a crash left it there and the run is reverted"),
                Transition(RETRYING, PENDING, "the run was reset by hand"),
            )

    /** The transitions of a run. */
    @JvmField
    public val ofRuns: List<Transition<WorkflowState>> =
        listOf(
            Transition(WorkflowState.PENDING, WorkflowState.RUNNING, "it was started"),
            Transition(WorkflowState.RUNNING, WorkflowState.SUCCESS, "every atom succeeded or was skipped"),
            Transition(WorkflowState.RUNNING, WorkflowState.FAILURE, "a revert failed, or the engine could not continue"),
            Transition(WorkflowState.RUNNING, WorkflowState.REVERTED, "nothing is left to do and not everything succeeded"),
            Transition(
                WorkflowState.RUNNING,
                WorkflowState.SUSPENDING,
                "a suspension was requested, or only delays of controllers are left",
            ),
            Transition(WorkflowState.RUNNING, WorkflowState.RESUMING, "its process died and another one resumes it"),
            Transition(WorkflowState.SUSPENDING, WorkflowState.SUSPENDED, "what was running ended, and there is work left"),
            Transition(WorkflowState.SUSPENDING, WorkflowState.SUCCESS, "what was running ended, and that was all"),
            Transition(WorkflowState.SUSPENDING, WorkflowState.FAILURE, "what was running ended in a failed revert"),
            Transition(WorkflowState.SUSPENDING, WorkflowState.REVERTED, "what was running ended, and nothing is left to revert"),
            Transition(WorkflowState.SUSPENDING, WorkflowState.RESUMING, "its process died and another one resumes it"),
            Transition(WorkflowState.RESUMING, WorkflowState.SUSPENDED, "it has been resumed"),
            Transition(WorkflowState.SUSPENDED, WorkflowState.RUNNING, "it continues"),
            Transition(WorkflowState.SUSPENDED, WorkflowState.PENDING, "it was reset by hand"),
            Transition(WorkflowState.SUCCESS, WorkflowState.RUNNING, "it was run again: nothing is left, unless atoms were added"),
            Transition(WorkflowState.SUCCESS, WorkflowState.PENDING, "it was reset by hand"),
            Transition(WorkflowState.FAILURE, WorkflowState.RUNNING, "it was run again"),
            Transition(WorkflowState.FAILURE, WorkflowState.PENDING, "it was reset by hand"),
            Transition(WorkflowState.REVERTED, WorkflowState.RUNNING, "something was not undone, and that was requested"),
            Transition(WorkflowState.REVERTED, WorkflowState.PENDING, "it was reset, by hand or by running it again"),
        )

    private val taskMoves = Allowed(ofTasks)
    private val controllerMoves = Allowed(ofControllers)
    private val workflowMoves = Allowed(ofRuns)

    internal fun check(
        isController: Boolean,
        from: TaskState,
        to: TaskRecord,
    ) {
        val allowed = if (isController) controllerMoves else taskMoves
        check(allowed.contains(from, to.state)) { "${to.name} must not move from $from to ${to.state}" }
    }

    internal fun check(
        from: WorkflowState,
        to: WorkflowState,
    ) = check(workflowMoves.contains(from, to)) { "the run must not move from $from to $to" }

    /** The table as bits, so that a check costs nothing. */
    private class Allowed<S : Enum<S>>(
        moves: List<Transition<S>>,
    ) {
        private val targets = IntArray(Int.SIZE_BITS)

        init {
            moves.forEach { targets[it.from.ordinal] = targets[it.from.ordinal] or (1 shl it.to.ordinal) }
        }

        fun contains(
            from: S,
            to: S,
        ): Boolean = targets[from.ordinal] and (1 shl to.ordinal) != 0
    }
}
