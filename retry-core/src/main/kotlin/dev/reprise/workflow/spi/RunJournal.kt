package dev.reprise.workflow.spi

import dev.reprise.policy.RepriseSpi
import dev.reprise.workflow.model.WorkflowState
import kotlinx.coroutines.Job
import java.util.Objects

/**
 * One run in a store, owned by one engine until it is closed. Its functions are called one at a time.
 *
 * What is saved can be held back until [flush], so that one step of the engine is one transaction: the engine flushes before it calls user
 * code or a listener, before it waits, and before it returns. The latest record of a task is enough.
 */
@SubclassOptInRequired(RepriseSpi::class)
public interface RunJournal {
    /** What [start] was called with, or null for a run that has not started. */
    public val outline: String?

    /** The latest saved state; `PENDING` for a run that has not started. */
    public val state: WorkflowState

    /** The inputs that [start] was called with. */
    public val inputs: Map<String, Any?>

    /**
     * True if the run has started with [value] as its input [name], as far as a store can tell: values are compared, or their stored forms. A value
     * that cannot be compared, because its `equals` throws, is another one.
     */
    public fun hasInput(
        name: String,
        value: Any?,
    ): Boolean = name in inputs && runCatching { Objects.deepEquals(inputs[name], value) }.getOrDefault(false)

    /** The latest saved record of each task and controller that has ever changed. */
    public val tasks: Collection<TaskRecord>

    /** Completes when another engine takes the open run over because its lease was not renewed; null if that cannot happen. */
    public val lost: Job? get() = null

    /**
     * Saves the parts of a new run: the [outline] of its workflow (a line for each task and controller) and its [inputs], and whether it is the run
     * of a durable call, whose id it has. Called again when the workflow has changed.
     *
     * @throws dev.reprise.workflow.model.UnstorableInputException if an input cannot be stored.
     */
    public suspend fun start(
        outline: String,
        inputs: Map<String, Any?>,
        isOfCall: Boolean = false,
    )

    /** Saves the state of the run. */
    public suspend fun save(state: WorkflowState)

    /**
     * Saves [records], all or none.
     *
     * @throws dev.reprise.workflow.model.UnstorableResultException if a result cannot be stored; nothing is saved then.
     */
    public suspend fun save(records: List<TaskRecord>)

    /**
     * Makes all that was saved durable, in one transaction. If it [isLast], nothing but [close] follows: a store can release the run in the same transaction.
     *
     * @throws dev.reprise.workflow.model.RunTakenException if the run no longer belongs to this engine; nothing is written then.
     * @throws dev.reprise.workflow.model.WorkflowStoreException if the store does not respond; what was saved is kept for the next flush.
     */
    public suspend fun flush(isLast: Boolean = false)

    /**
     * Flushes and releases the run; one of which nothing was ever saved is forgotten. Never throws: a run that cannot be released is free when its
     * lease expires.
     */
    public suspend fun close()
}
