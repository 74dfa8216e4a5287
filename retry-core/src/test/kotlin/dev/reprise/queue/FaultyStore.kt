package dev.reprise.queue

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.LeaseJudgement
import dev.reprise.queue.spi.LeaseRenewal
import dev.reprise.queue.spi.LeaseSweep
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.OrphanedCalls
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall

/** A store whose operations can be made to fail, before the work is done or after it. */
class FaultyStore(
    private val real: CallStore,
) : CallStore by real {
    /** Called with the name of each operation before it runs; what it throws reaches the caller, and nothing is done. */
    var before: (String) -> Unit = {}

    /** Called with the name of each operation after it ran; what it throws reaches the caller, and the work is done. */
    var after: (String) -> Unit = {}

    override suspend fun open(): Unit = faulty("open") { real.open() }

    override suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> = faulty("enqueue") { real.enqueue(calls) }

    override suspend fun claim(request: ClaimRequest): ClaimResult = faulty("claim") { real.claim(request) }

    override suspend fun recordStart(call: StoredCall): Boolean = faulty("recordStart") { real.recordStart(call) }

    override suspend fun settle(batch: List<Settlement>): List<SettleResult> = faulty("settle") { real.settle(batch) }

    override suspend fun claimedBy(owner: String): List<StoredCall> = faulty("claimedBy") { real.claimedBy(owner) }

    override suspend fun openLease(
        nonce: String,
        worker: String,
        isNamed: Boolean,
        validMillis: Long,
    ): Unit = faulty("openLease") { real.openLease(nonce, worker, isNamed, validMillis) }

    override suspend fun renewLease(
        nonce: String,
        validMillis: Long,
        inFlight: Int,
        hung: Int,
    ): LeaseRenewal? = faulty("renewLease") { real.renewLease(nonce, validMillis, inFlight, hung) }

    override suspend fun closeLease(nonce: String): Unit = faulty("closeLease") { real.closeLease(nonce) }

    override suspend fun sweep(sweep: LeaseSweep): LeaseJudgement = faulty("sweep") { real.sweep(sweep) }

    override suspend fun takeTurn(
        duty: String,
        everyMillis: Long,
    ): Boolean = faulty("takeTurn") { real.takeTurn(duty, everyMillis) }

    override suspend fun orphans(
        after: String?,
        limit: Int,
    ): OrphanedCalls = faulty("orphans") { real.orphans(after, limit) }

    override suspend fun promote(limit: Int): Int = faulty("promote") { real.promote(limit) }

    override suspend fun purge(limit: Int): Int = faulty("purge") { real.purge(limit) }

    override suspend fun cancel(
        cid: String,
        rules: EndRules,
    ): CancelResult = faulty("cancel") { real.cancel(cid, rules) }

    override suspend fun replay(cids: List<String>): List<ReplayResult> = faulty("replay") { real.replay(cids) }

    override suspend fun discard(cids: List<String>): Int = faulty("discard") { real.discard(cids) }

    override suspend fun deadCalls(
        after: String?,
        limit: Int,
    ): List<StoredCall> = faulty("deadCalls") { real.deadCalls(after, limit) }

    override suspend fun pause(
        lane: String,
        paused: Boolean,
        by: String?,
    ): Unit = faulty("pause") { real.pause(lane, paused, by) }

    override suspend fun find(cid: String): StoredCall? = faulty("find") { real.find(cid) }

    override suspend fun errors(cid: String): List<AttemptError> = faulty("errors") { real.errors(cid) }

    override suspend fun counts(): List<CallCount> = faulty("counts") { real.counts() }

    override suspend fun status(cid: String): CallStatus? = faulty("status") { real.status(cid) }

    private inline fun <T> faulty(
        name: String,
        work: () -> T,
    ): T {
        before(name)
        return work().also { after(name) }
    }
}

fun away(): Nothing = throw StoreUnavailableException("away")
