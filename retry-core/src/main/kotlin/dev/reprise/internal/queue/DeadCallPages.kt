package dev.reprise.internal.queue

import dev.reprise.queue.model.Call
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.toCall

/** Reads the dead calls page by page: it holds one page at a time, however many there are. */
internal class DeadCallPages(
    private val store: CallStore,
) {
    suspend fun list(
        limit: Int,
        filter: (Call) -> Boolean,
    ): List<Call> {
        require(limit > 0) { "limit must be positive, but was $limit" }
        val found = ArrayList<Call>()
        pages { page ->
            found += page.filter(filter).take(limit - found.size)
            found.size < limit
        }
        return found
    }

    suspend fun replay(
        dryRun: Boolean,
        filter: (Call) -> Boolean,
    ): Map<String, ReplayResult> {
        val done = LinkedHashMap<String, ReplayResult>()
        pages { page ->
            val cids = page.filter(filter).map { it.cid }
            done += if (dryRun) cids.associateWith { ReplayResult.REPLAYED } else cids.zip(store.replay(cids)).toMap()
            true
        }
        return done
    }

    suspend fun discard(
        dryRun: Boolean,
        filter: (Call) -> Boolean,
    ): List<String> {
        val done = ArrayList<String>()
        pages { page ->
            val cids = page.filter(filter).map { it.cid }
            if (!dryRun) store.discard(cids)
            done += cids
            true
        }
        return done
    }

    /** Calls [take] with pages until it returns false. A page begins after the last id of the previous one, so no call is read twice. */
    private suspend fun pages(take: suspend (List<Call>) -> Boolean) {
        var after: String? = null
        while (true) {
            val page = store.deadCalls(after, PAGE)
            if (page.isEmpty() || !take(page.map(StoredCall::toCall))) return
            after = page.last().cid
        }
    }

    private companion object {
        const val PAGE = 50
    }
}
