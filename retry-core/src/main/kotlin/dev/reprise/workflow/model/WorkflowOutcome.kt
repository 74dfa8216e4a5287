package dev.reprise.workflow.model

/** How a run, or one stretch of it, ended. */
public sealed interface WorkflowOutcome {
    /** The values that can be read. */
    public val values: WorkflowValues

    /** Every atom has succeeded or was passed over. */
    public class Success internal constructor(
        override val values: WorkflowValues,
    ) : WorkflowOutcome

    /** The run rests with work left; running it again goes on. */
    public class Suspended internal constructor(
        override val values: WorkflowValues,
    ) : WorkflowOutcome

    /** Something failed and what the controllers decided on was undone. See [report] for what was not. */
    public class Reverted internal constructor(
        override val values: WorkflowValues,
        /** What failed, and what was left standing. */
        public val report: WorkflowFailedException,
    ) : WorkflowOutcome

    /** A revert failed, or the run could not go on. Somebody has to look at it. */
    public class Failed internal constructor(
        override val values: WorkflowValues,
        /** What stopped the run, and what had failed before. */
        public val report: WorkflowFailedException,
    ) : WorkflowOutcome
}
