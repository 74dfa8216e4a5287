package dev.reprise.internal.queue

import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.StoredCall

/** Goes through the dead calls page by page: it holds one page at a time, however many there are. */
internal class DeadCallPages(
    private val store: CallStore,
) {
    suspend fun list(
        limit: Int,
        filter: (StoredCall) -> Boolean,
    ): List<StoredCall> {
        require(limit > 0) { "limit must be positive, but was $limit" }
        val found = ArrayList<StoredCall>()
        pages { page ->
            found += page.filter(filter).take(limit - found.size)
            found.size < limit
        }
        return found
    }

    suspend fun replay(
        dryRun: Boolean,
        filter: (StoredCall) -> Boolean,
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
        filter: (StoredCall) -> Boolean,
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

    /** Hands out pages until [take] says no. The next page begins behind the last id, so what is replayed meanwhile is not met again. */
    private suspend fun pages(take: suspend (List<StoredCall>) -> Boolean) {
        var after: String? = null
        while (true) {
            val page = store.dead(after, PAGE)
            if (page.isEmpty() || !take(page)) return
            after = page.last().cid
        }
    }

    private companion object {
        const val PAGE = 200
    }
}
