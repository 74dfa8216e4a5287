package dev.reprise.workflow.model

/** How execute of a task ended, as its revert is told. */
public sealed interface TaskOutcome<out R> {
    /** Execute returned [value]. */
    public class Returned<out R>(
        /** What execute returned. */
        public val value: R,
    ) : TaskOutcome<R>

    /** Execute threw [failure]. */
    public class Threw(
        /** What execute threw. */
        public val failure: Throwable,
    ) : TaskOutcome<Nothing>

    /** The process died while execute was running: it may have done its work or not. */
    public object Unknown : TaskOutcome<Nothing>
}
