package dev.reprise.workflow

import dev.reprise.internal.workflow.engine.EngineSettings
import dev.reprise.workflow.model.WorkflowListener
import java.time.InstantSource
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.time.TimeSource

/** The settings of a [WorkflowEngine]. */
public class WorkflowEngineBuilder internal constructor() {
    private val listeners = ArrayList<WorkflowListener>()

    /**
     * The number of tasks that run at a time; controllers are not counted. With 1 (the default) tasks and controllers run one after the
     * other, in waves: everything that is ready runs, then the engine processes the results.
     *
     * @throws IllegalArgumentException if it is set below 1.
     */
    public var parallelism: Int = 1
        set(value) {
            require(value >= 1) { "parallelism must be at least 1, but was $value" }
            field = value
        }

    /**
     * The context of tasks and controllers, in addition to that of the caller; empty by default. Set a dispatcher to use several cores, or
     * for tasks that block. A job in it is ignored: tasks end with their run.
     */
    public var context: CoroutineContext = EmptyCoroutineContext

    /**
     * What happens to the rest when a controller gives up with [ControllerDecision.Revert][dev.reprise.workflow.model.ControllerDecision.Revert]
     * and no controller outside it retries. True (the default): everything is reverted. False, as TaskFlow does for old callers: only the
     * controller's own workflow and what comes after it.
     */
    public var deferReverts: Boolean = true

    /** False: the first failure ends the run as `FAILURE`, also when it is executed again; no controller is consulted, nothing is reverted. Default: true. */
    public var resolveFailures: Boolean = true

    /**
     * What happens to a stored run whose workflow has changed since. False (the default): it is rejected. True: tasks are matched by name;
     * new ones have not run, missing ones are skipped.
     */
    public var acceptChanges: Boolean = false

    /** The clock for the time between failures and the age of a run; monotonic by default. */
    public var timeSource: TimeSource = TimeSource.Monotonic

    /**
     * The clock for instants: in events, and of the attempts for which controllers wait. The system clock by default. A durable workflow waits by
     * the clock of its queue.
     */
    public var clock: InstantSource = InstantSource.system()

    /** Adds a listener. Listeners are notified in the order in which they were added. */
    public fun listener(listener: WorkflowListener) {
        listeners += listener
    }

    internal fun settings() =
        EngineSettings(parallelism, context, deferReverts, resolveFailures, acceptChanges, listeners.toList(), timeSource, clock)
}
