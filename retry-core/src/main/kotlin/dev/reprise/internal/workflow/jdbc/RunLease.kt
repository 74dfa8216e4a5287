package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.model.WorkflowStoreException
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Keeps a run while it is open: each write renews its lease, and when nothing is written for a while, this does. If it cannot, whatever the
 * reason, it gives the run up before the lease expires.
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

    @Volatile
    private var isStopped = false

    fun now(): TimeMark = clock.markNow()

    /** Counts from before the statement was sent: the database can have started it immediately. */
    fun renewed(since: TimeMark) {
        renewedAt = since
    }

    fun lose() {
        lost.complete()
    }

    fun keep() {
        if (isStopped) return
        val every = tables.lease / RENEWALS
        keeper =
            tables.background.launch {
                try {
                    // Whatever ends the renewal, the guard beside it continues.
                    supervisorScope {
                        val renewing = launch { renewEvery(every) }
                        giveUpAfter(every * (RENEWALS - 1))
                        renewing.cancel()
                    }
                } finally {
                    if (!isStopped) lose()
                }
            }
    }

    private suspend fun renewEvery(every: Duration) {
        while (true) {
            delay(every)
            if (renewedAt.elapsedNow() >= every) renew()
        }
    }

    /** Runs beside the renewal and does not wait for it: a call to the database can hang for longer than a lease. */
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
        isStopped = true
        keeper?.cancel()
    }

    private companion object {
        /** How often a lease is renewed before it would expire. */
        const val RENEWALS = 4
    }
}
