package dev.reprise.console.model

/** What can be done in a console. Actions can be added. */
public enum class ConsoleAction {
    /** Makes waiting calls due at once. */
    RETRY_NOW,

    /** Makes waiting calls due at another instant, or evenly over a time. */
    RESCHEDULE,

    /** Sets another policy for waiting calls. */
    CHANGE_POLICY,

    /** Cancels calls that have not ended. */
    CANCEL,

    /** Makes dead calls ready again. */
    REPLAY,

    /** Deletes calls that have ended. */
    DISCARD,

    /** Pauses and resumes lanes. */
    PAUSE,

    /** Shows a payload. */
    REVEAL,

    /** Undoes runs of workflows, also those that were to stay when their calls are cancelled. */
    UNDO,

    /** Removes runs of workflows. */
    REMOVE,
    ;

    internal companion object {
        val ALL: Set<ConsoleAction> = entries.toSet()
    }
}
