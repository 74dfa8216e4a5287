package dev.reprise.workflow

/** Where an atom (a task or a controller) stands. [StateTables] says which moves are allowed, and why. */
public enum class AtomState {
    /** It has not run, or it was reset for another attempt. */
    PENDING,

    /** Its execute has been started. */
    RUNNING,

    /** Its execute has returned. */
    SUCCESS,

    /** Its execute has thrown. */
    FAILURE,

    /** Its revert has been started. */
    REVERTING,

    /** Its revert has returned. */
    REVERTED,

    /** Its revert has thrown; nobody knows what is undone. */
    REVERT_FAILURE,

    /** A controller is about to make another attempt. */
    RETRYING,

    /** A decider said that it is not needed. It counts as done. */
    IGNORE,
}

/** What the engine means to do with an atom. Decisions change intentions only; the engine then does what state and intention allow. */
public enum class Intention {
    /** It is to run. */
    EXECUTE,

    /** It is to be reverted, if it ran. */
    REVERT,

    /** A controller: when all after it is reverted, another attempt begins. */
    RETRY,

    /** It is to be passed over. */
    IGNORE,
}

/** Where a whole run stands. Flows that are nested in it have no state of their own. */
public enum class WorkflowState {
    /** Nothing has run, or the run was reset. */
    PENDING,

    /** Atoms are running. */
    RUNNING,

    /** Every atom has succeeded or was passed over. */
    SUCCESS,

    /** A revert failed, or the run could not go on: somebody has to look at it. */
    FAILURE,

    /** There is nothing more to do and not everything succeeded. What was not undone stands in the report. */
    REVERTED,

    /** A suspension was asked for; what is running may end. */
    SUSPENDING,

    /** The run rests with work left; running it again goes on. */
    SUSPENDED,

    /** A run that another process left in the middle is being read back. */
    RESUMING,
}
