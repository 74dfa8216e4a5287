package dev.reprise.benchmarks.fleet

import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.TransactionalCallStore
import java.util.Queue

/** A store that adds to [times] how many nanoseconds each claim takes that returns calls. */
@OptIn(RepriseSpi::class)
class TimedClaims(
    private val store: TransactionalCallStore,
    private val times: Queue<Long>,
) : TransactionalCallStore by store {
    override suspend fun claim(request: ClaimRequest): ClaimResult {
        val begin = System.nanoTime()
        return store.claim(request).also { if (it.calls.isNotEmpty()) times += System.nanoTime() - begin }
    }
}
