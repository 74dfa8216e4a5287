package dev.reprise.workflow.spi

import dev.reprise.policy.RepriseSpi

/** Where runs are kept, so that another process can continue them. The port of a database. */
@SubclassOptInRequired(RepriseSpi::class)
public interface WorkflowStore {
    /**
     * Takes the run [run] for one engine, new or not, and reads it.
     *
     * @throws RunTakenException if another engine owns it.
     * @throws UnreadableResultException if a stored value cannot be read; the run is unchanged and not taken.
     * @throws UnreadableInputException the same for an input.
     * @throws WorkflowStoreException if the store does not respond.
     */
    public suspend fun open(run: String): RunJournal

    /**
     * Removes the run [run] and all its data; returns false if there is none.
     *
     * @throws RunTakenException if an engine owns it.
     * @throws WorkflowStoreException if the store does not respond.
     */
    public suspend fun remove(run: String): Boolean
}
