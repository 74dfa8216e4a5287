package dev.reprise.workflow.model

import java.time.Instant

/** How an execution of a run ended. */
public sealed interface WorkflowOutcome {
    /** The values that can be read. */
    public val values: WorkflowValues

    /**
     * Returns the outcome itself if the run succeeded or was suspended.
     *
     * @throws Throwable the failure that ended the run.
     * @throws WorkflowFailedException if several failures ended it.
     */
    public fun orThrow(): WorkflowOutcome

    /** The value of [input] at the end of the run. Throws like [WorkflowValues.get]. */
    public operator fun <T> get(input: Input<T>): T = values[input]

    /** Every task has succeeded or was skipped. */
    public class Success internal constructor(
        override val values: WorkflowValues,
    ) : WorkflowOutcome {
        override fun orThrow(): Success = this

        override fun toString(): String = "Success $values"
    }

    /** The run is suspended with work left; executing it again continues. */
    public class Suspended internal constructor(
        override val values: WorkflowValues,
        /** When the first attempt is due for which a controller waits; null if none waits. */
        public val dueAt: Instant? = null,
    ) : WorkflowOutcome {
        override fun orThrow(): Suspended = this

        override fun toString(): String = "Suspended $values" + dueAt?.let { ", next attempt at $it" }.orEmpty()
    }

    /** Something failed, and the controllers had tasks reverted, or the run was undone on request; [report] has those that were not. */
    public class Reverted internal constructor(
        override val values: WorkflowValues,
        /** What failed, and what was not reverted. */
        public val report: WorkflowFailedException,
    ) : WorkflowOutcome {
        override fun orThrow(): Nothing = throw report.thrown()

        override fun toString(): String = report.message
    }

    /** A revert failed, or the run could not continue. An operator has to look at it. */
    public class Failed internal constructor(
        override val values: WorkflowValues,
        /** What stopped the run, and what had failed before. */
        public val report: WorkflowFailedException,
    ) : WorkflowOutcome {
        override fun orThrow(): Nothing = throw report.thrown()

        override fun toString(): String = report.message
    }
}
