package dev.reprise.kafka.kill

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.StoreUnavailableException
import java.util.concurrent.ExecutionException

/** What is left to do at a moment: [records] that are not committed, by their partitions, and [calls] that have not ended, by their states. */
internal data class Backlog(
    val records: Map<Int, Long>,
    val calls: Map<CallState, Long>,
) {
    val size: Long get() = records.values.sum() + calls.values.sum()
}

/** Looks at what is left of [records] in the brokers and in the [queue]. */
internal class Backlogs(
    private val cluster: Cluster,
    private val queue: RetryQueue,
    private val records: SoakRecords,
) {
    /** The last one that was seen; null before the first. */
    @Volatile
    var last: Backlog? = null
        private set

    /** Null if the brokers or the database do not respond now. */
    suspend fun look(): Backlog? =
        try {
            Backlog(uncommitted(), open()).also { last = it }
        } catch (_: StoreUnavailableException) {
            null
        } catch (_: ExecutionException) {
            null
        }

    private fun uncommitted(): Map<Int, Long> {
        val last = records.last
        val offsets =
            cluster.admin
                .listConsumerGroupOffsets(KILLED_GROUP)
                .partitionsToOffsetAndMetadata()
                .get()
        val committed = offsets.entries.associate { (partition, offset) -> partition.partition() to offset.offset() }
        return last.mapValues { (partition, offset) -> maxOf(offset + 1 - (committed[partition] ?: 0), 0) }.filterValues { it > 0 }
    }

    private suspend fun open(): Map<CallState, Long> =
        queue
            .counts()
            .filter { !it.state.isEnd && it.calls > 0 }
            .groupingBy { it.state }
            .fold(0L) { sum, count -> sum + count.calls }

    /** Why the first calls that have not ended have not, the first one of each key. */
    suspend fun reasons(): List<String> {
        val found = LinkedHashMap<String, String>()
        for ((record, key) in records.keys) {
            if (found.size == MOST_REASONS) break
            if (key in found) continue
            val call = queue.findUnique("kafka/$KILLED_GROUP/$record") ?: continue
            if (!call.state.isEnd || call.state == CallState.DEAD) found[key] = "key $key, $record: ${queue.why(call.cid).text}"
        }
        return found.values.toList()
    }

    private companion object {
        const val MOST_REASONS = 5
    }
}
