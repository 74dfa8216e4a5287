package dev.reprise.workflow.spi

/** Where runs are kept, so that another process can go on with them. The port of a database. */
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
}
