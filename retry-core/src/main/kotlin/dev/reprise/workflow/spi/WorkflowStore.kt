package dev.reprise.workflow.spi

import dev.reprise.policy.RepriseSpi
import dev.reprise.workflow.operate.RunPage
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.operate.RunSnapshot
import java.time.Instant

/** Where runs are kept, so that another process can continue them. The port of a database. */
@SubclassOptInRequired(RepriseSpi::class)
public interface WorkflowStore {
    /**
     * Takes the run [run] for one engine, new or not, and reads it.
     *
     * If it [isExecuted] at once, a store can take a run of which nothing is stored as late as in the transaction of its first flush, which then throws
     * if another engine was faster.
     *
     * @throws dev.reprise.workflow.model.RunTakenException if another engine owns it.
     * @throws dev.reprise.workflow.model.UnreadableResultException if a stored value cannot be read; the run is unchanged and not taken.
     * @throws dev.reprise.workflow.model.UnreadableInputException the same for an input.
     * @throws dev.reprise.workflow.model.WorkflowStoreException if the store does not respond.
     */
    public suspend fun open(
        run: String,
        isExecuted: Boolean = false,
    ): RunJournal

    /**
     * Removes the runs [ids] and all their data; returns the ids of those that were removed. Runs that an engine owns are skipped.
     *
     * @throws dev.reprise.workflow.model.WorkflowStoreException if the store does not respond; some of the runs can be removed then.
     */
    public suspend fun remove(ids: Collection<String>): Set<String>

    /**
     * The runs that fit [query], the oldest first: at most [limit], from the page cursor [after] on. A page looks at a bounded number of runs, so it
     * can hold fewer than [limit], or none, and still have a next one.
     *
     * @throws IllegalArgumentException if [limit] is not from 1 to 500, or [after] is not the `next` of a page.
     * @throws dev.reprise.workflow.model.WorkflowStoreException if the store does not respond.
     */
    public suspend fun runs(
        query: RunQuery = RunQuery.ALL,
        after: String? = null,
        limit: Int = 50,
    ): RunPage

    /**
     * The run [run] at this moment, for looking only; null if there is none. An engine can own it meanwhile.
     *
     * @throws dev.reprise.workflow.model.WorkflowStoreException if the store does not respond.
     */
    public suspend fun read(run: String): RunSnapshot?

    /**
     * Removes runs that succeeded or were reverted and have not changed since [before], at most [limit] of them; returns how many. Others stay: an operator
     * has to look at them.
     *
     * @throws dev.reprise.workflow.model.WorkflowStoreException if the store does not respond.
     */
    public suspend fun purge(
        before: Instant,
        limit: Int = 500,
    ): Int

    /** True if runs to which the caller gave no id are kept when they have succeeded or were reverted, for as long as other runs. */
    public val keepsAnonymousRuns: Boolean get() = true
}
