package dev.reprise.queue

/** A store whose answers can be taken away: before the work is done, or after. */
class FaultyStore(
    private val real: CallStore,
) : CallStore by real {
    /** Asked before each operation, by its name; what it throws is what the caller gets, and nothing was done. */
    var before: (String) -> Unit = {}

    /** Asked after each operation, by its name; what it throws is what the caller gets, and all was done. */
    var after: (String) -> Unit = {}

    override suspend fun enqueue(calls: List<NewCall>): List<Accepted> = faulty("enqueue") { real.enqueue(calls) }

    override suspend fun claim(order: ClaimOrder): Claimed = faulty("claim") { real.claim(order) }

    override suspend fun settle(batch: List<Settlement>): List<SettleResult> = faulty("settle") { real.settle(batch) }

    override suspend fun claimsOf(owner: String): List<Call> = faulty("claimsOf") { real.claimsOf(owner) }

    override suspend fun join(
        nonce: String,
        worker: String,
        validMillis: Long,
    ): Unit = faulty("join") { real.join(nonce, worker, validMillis) }

    override suspend fun renew(
        nonce: String,
        validMillis: Long,
    ): Renewal? = faulty("renew") { real.renew(nonce, validMillis) }

    override suspend fun orphans(
        after: String?,
        limit: Int,
    ): Orphans = faulty("orphans") { real.orphans(after, limit) }

    override suspend fun find(cid: String): Call? = faulty("find") { real.find(cid) }

    override suspend fun errors(cid: String): List<AttemptError> = faulty("errors") { real.errors(cid) }

    private inline fun <T> faulty(
        name: String,
        work: () -> T,
    ): T {
        before(name)
        return work().also { after(name) }
    }
}

fun away(): Nothing = throw StoreUnavailableException("away")
