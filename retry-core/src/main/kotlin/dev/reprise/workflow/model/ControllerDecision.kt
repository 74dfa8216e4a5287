package dev.reprise.workflow.model

import kotlin.time.Duration

/** What a [RetryController] decides about a failure under it. */
public sealed interface ControllerDecision {
    /**
     * What is under the controller is undone, and then runs again, [after] a wait.
     *
     * The wait begins when everything is undone. It passes while the controller is `RUNNING`, before its `execute` is called. A serial
     * engine does nothing else meanwhile; a parallel one goes on with other branches. After a crash the wait begins anew.
     */
    public data class Retry(
        /** The wait, zero unless it is given. */
        public val after: Duration = Duration.ZERO,
    ) : ControllerDecision

    /** The controller gives up: the controller outside it is asked. Nobody outside: everything is undone. */
    public data object Revert : ControllerDecision

    /** Everything is undone; no controller outside is asked. */
    public data object RevertAll : ControllerDecision
}
