package dev.reprise.benchmarks.kafka

import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.TransactionalCallStore

/** A store that adds the calls it has stored to [stored]. */
@OptIn(RepriseSpi::class)
internal class MarkedStore(
    private val store: TransactionalCallStore,
    private val stored: Marks?,
) : TransactionalCallStore by store {
    override suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> = store.enqueue(calls).also { stored?.add(calls.size) }
}
