package dev.reprise.workflow.model

/** How execute of a task ended, for its revert. */
public sealed interface TaskOutcome<out R> {
    /** Execute returned [value]. */
    public class Returned<out R>(
        /** What execute returned. */
        public val value: R,
    ) : TaskOutcome<R> {
        override fun toString(): String = "Returned($value)"
    }

    /** Execute threw [failure]. */
    public class Threw(
        /** What execute threw. */
        public val failure: Throwable,
    ) : TaskOutcome<Nothing> {
        override fun toString(): String = "Threw($failure)"
    }

    /** The process died while execute was running: it may have done its work or not. */
    public data object Unknown : TaskOutcome<Nothing>
}
