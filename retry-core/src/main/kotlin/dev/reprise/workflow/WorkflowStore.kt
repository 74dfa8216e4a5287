package dev.reprise.workflow

/**
 * Where runs are kept, so that another process can go on with them. The port of a database.
 *
 * Everything that is saved has to be durable when the call returns: the engine tells its listener, and calls user code, only after that.
 */
public interface WorkflowStore {
    /**
     * Takes the run [run] for one engine, whether it is new or not, and reads it.
     *
     * @throws RunTakenException if another engine has it.
     * @throws UnreadableResultException if a stored value cannot be read back; the run stays as it is and is not taken.
     */
    public suspend fun open(run: String): RunJournal
}

/**
 * One run in a store, owned by one engine until it is closed. Calls come one after the other.
 *
 * Every call throws if the run no longer belongs to this engine; nothing is saved then.
 */
public interface RunJournal {
    /** What [begin] was called with, or null for a run that has not begun. */
    public val outline: String?

    /** The latest saved state; `PENDING` for a run that has not begun. */
    public val state: WorkflowState

    /** The inputs that [begin] was called with. */
    public val inputs: Map<String, Any?>

    /** The latest saved record of each atom that has ever moved. */
    public val atoms: Collection<AtomRecord>

    /** Saves what a new run is made of: the [outline] of its workflow (a line for each atom) and its [inputs]. Called again when the workflow has changed. */
    public suspend fun begin(
        outline: String,
        inputs: Map<String, Any?>,
    )

    /** Saves the state of the run. */
    public suspend fun save(state: WorkflowState)

    /**
     * Saves [records], all or none.
     *
     * @throws UnstorableResultException if a result cannot be kept; nothing is saved then.
     */
    public suspend fun save(records: List<AtomRecord>)

    /** Gives the run back. What was saved stays. Never throws because the run was lost. */
    public suspend fun close()
}
