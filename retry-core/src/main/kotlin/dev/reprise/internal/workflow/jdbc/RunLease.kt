package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.model.WorkflowStoreException
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Keeps a run while it is open: each write renews its lease, and where nothing is written for a while, this does. When it cannot, it gives
 * the run up in time, while others still believe that it has it.
 */
internal class RunLease(
    private val tables: WorkflowTables,
    private val claim: RunOwner,
) {
    val lost = Job()
    private val clock = TimeSource.Monotonic

    @Volatile
    private var renewedAt: TimeMark = clock.markNow()
    private var keeper: Job? = null

    fun now(): TimeMark = clock.markNow()

    /** Counts from before the statement was sent: the database may have begun with it at once. */
    fun renewed(since: TimeMark) {
        renewedAt = since
    }

    fun lose() {
        lost.complete()
    }

    fun keep() {
        val every = tables.lease / RENEWALS
        keeper =
            tables.background.launch {
                val renewing =
                    launch {
                        while (true) {
                            delay(every)
                            if (renewedAt.elapsedNow() >= every) renew()
                        }
                    }
                giveUpAfter(every * (RENEWALS - 1))
                renewing.cancel()
            }
    }

    /** Stands beside the renewal, and does not wait for it: a database may neither answer nor fail for longer than a lease. */
    private suspend fun giveUpAfter(silence: Duration) {
        while (!lost.isCompleted) {
            val left = silence - renewedAt.elapsedNow()
            if (left.isPositive()) withTimeoutOrNull(left) { lost.join() } else lose()
        }
    }

    private suspend fun renew() {
        val since = now()
        try {
            if (tables.transaction { runs.renew(it, claim) }) renewed(since) else lose()
        } catch (e: WorkflowStoreException) {
            tables.log("the lease of the run \"${claim.run}\" could not be renewed", e)
        }
    }

    fun stop() {
        keeper?.cancel()
    }

    private companion object {
        /** How often a lease is renewed before it would be over. */
        const val RENEWALS = 4
    }
}
