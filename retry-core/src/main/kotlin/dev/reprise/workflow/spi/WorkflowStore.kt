package dev.reprise.workflow.spi

import dev.reprise.policy.RepriseSpi

/** Where runs are kept, so that another process can go on with them. The port of a database. */
@SubclassOptInRequired(RepriseSpi::class)
public interface WorkflowStore {
    /**
     * Takes the run [run] for one engine, whether it is new or not, and reads it.
     *
     * @throws RunTakenException if another engine has it.
     * @throws UnreadableResultException if a stored value cannot be read back; the run stays as it is and is not taken.
     * @throws UnreadableInputException the same for an input.
     * @throws WorkflowStoreException if the store does not answer.
     */
    public suspend fun open(run: String): RunJournal

    /**
     * Removes the run [run] and all that is known about it; false if there is none.
     *
     * @throws RunTakenException if an engine has it.
     * @throws WorkflowStoreException if the store does not respond.
     */
    public suspend fun remove(run: String): Boolean
}
