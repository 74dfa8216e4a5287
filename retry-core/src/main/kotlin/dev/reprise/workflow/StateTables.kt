package dev.reprise.workflow

import dev.reprise.workflow.AtomState.FAILURE
import dev.reprise.workflow.AtomState.IGNORE
import dev.reprise.workflow.AtomState.PENDING
import dev.reprise.workflow.AtomState.RETRYING
import dev.reprise.workflow.AtomState.REVERTED
import dev.reprise.workflow.AtomState.REVERTING
import dev.reprise.workflow.AtomState.REVERT_FAILURE
import dev.reprise.workflow.AtomState.RUNNING
import dev.reprise.workflow.AtomState.SUCCESS

/** One allowed move and why it is allowed. */
public class Move<S> internal constructor(
    /** The state that is left. */
    public val from: S,
    /** The state that is entered. */
    public val to: S,
    /** The reason, as a sentence about the thing that moves. */
    public val because: String,
)

/** The allowed moves of tasks, controllers and whole runs. Every other move is refused. */
public object StateTables {
    private val ofEveryAtom =
        listOf(
            Move(PENDING, RUNNING, "everything before it is done"),
            Move(PENDING, IGNORE, "a decider on the way to it said no"),
            Move(RUNNING, SUCCESS, "its execute returned"),
            Move(RUNNING, FAILURE, "its execute threw"),
            Move(RUNNING, REVERTING, "a crash left it running and the run is to be undone: its end is unknown"),
            Move(SUCCESS, REVERTING, "something else failed and everything after it is undone"),
            Move(FAILURE, REVERTING, "it failed itself and everything after it is undone"),
            Move(REVERTING, REVERTED, "its revert returned"),
            Move(REVERTING, REVERT_FAILURE, "its revert threw"),
            Move(REVERTED, PENDING, "another attempt begins"),
            Move(IGNORE, PENDING, "another attempt begins and its decider will be asked again"),
            Move(SUCCESS, PENDING, "the run was reset by hand"),
            Move(FAILURE, PENDING, "the run was reset by hand"),
            Move(RUNNING, PENDING, "the run was reset by hand after an error left it running"),
            Move(REVERT_FAILURE, PENDING, "the run was reset, by hand or by running it again"),
        )

    /** The moves of a task. */
    @JvmField
    public val task: List<Move<AtomState>> = ofEveryAtom

    /** The moves of a controller. */
    @JvmField
    public val controller: List<Move<AtomState>> =
        ofEveryAtom +
            listOf(
                Move(SUCCESS, RETRYING, "its attempt is undone and it decided for another one"),
                Move(RETRYING, RUNNING, "what is after it was reset"),
                Move(RETRYING, REVERTING, "a crash left it there and the run is to be undone"),
                Move(RETRYING, PENDING, "the run was reset by hand"),
            )

    /** The moves of a run. */
    @JvmField
    public val workflow: List<Move<WorkflowState>> =
        listOf(
            Move(WorkflowState.PENDING, WorkflowState.RUNNING, "it was started"),
            Move(WorkflowState.RUNNING, WorkflowState.SUCCESS, "every atom succeeded or was passed over"),
            Move(WorkflowState.RUNNING, WorkflowState.FAILURE, "a revert failed, or the engine could not go on"),
            Move(WorkflowState.RUNNING, WorkflowState.REVERTED, "nothing is left to do and not everything succeeded"),
            Move(WorkflowState.RUNNING, WorkflowState.SUSPENDING, "somebody asked for a suspension"),
            Move(WorkflowState.RUNNING, WorkflowState.RESUMING, "its process died and another one reads it back"),
            Move(WorkflowState.SUSPENDING, WorkflowState.SUSPENDED, "what was running ended, and there is work left"),
            Move(WorkflowState.SUSPENDING, WorkflowState.SUCCESS, "what was running ended, and that was all"),
            Move(WorkflowState.SUSPENDING, WorkflowState.FAILURE, "what was running ended in a failed revert"),
            Move(WorkflowState.SUSPENDING, WorkflowState.REVERTED, "what was running ended, and nothing is left to undo"),
            Move(WorkflowState.SUSPENDING, WorkflowState.RESUMING, "its process died and another one reads it back"),
            Move(WorkflowState.RESUMING, WorkflowState.SUSPENDED, "it has been read back"),
            Move(WorkflowState.SUSPENDED, WorkflowState.RUNNING, "it goes on"),
            Move(WorkflowState.SUSPENDED, WorkflowState.PENDING, "it was reset by hand"),
            Move(WorkflowState.SUCCESS, WorkflowState.RUNNING, "it was run again: nothing is left, unless atoms were added"),
            Move(WorkflowState.SUCCESS, WorkflowState.PENDING, "it was reset by hand"),
            Move(WorkflowState.FAILURE, WorkflowState.RUNNING, "it was run again"),
            Move(WorkflowState.FAILURE, WorkflowState.PENDING, "it was reset by hand"),
            Move(WorkflowState.REVERTED, WorkflowState.PENDING, "it was reset, by hand or by running it again"),
        )

    private val taskMoves = Allowed(task)
    private val controllerMoves = Allowed(controller)
    private val workflowMoves = Allowed(workflow)

    internal fun check(
        isController: Boolean,
        from: AtomState,
        to: AtomRecord,
    ) {
        val allowed = if (isController) controllerMoves else taskMoves
        check(allowed.contains(from, to.state)) { "${to.name} must not move from $from to ${to.state}" }
    }

    internal fun check(
        from: WorkflowState,
        to: WorkflowState,
    ) = check(workflowMoves.contains(from, to)) { "the run must not move from $from to $to" }

    /** The table as bits, so that a look costs nothing. */
    private class Allowed<S : Enum<S>>(
        moves: List<Move<S>>,
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
