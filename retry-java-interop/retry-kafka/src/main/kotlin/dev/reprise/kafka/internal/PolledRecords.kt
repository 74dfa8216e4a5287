package dev.reprise.kafka.internal

import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.clients.consumer.OffsetAndMetadata
import org.apache.kafka.common.TopicPartition
import java.util.Optional

/** A record that was polled. */
internal class Polled(
    val record: ConsumerRecord<ByteArray?, ByteArray?>,
    keys: RecordKeys,
    /** True until it is looked up, if a former owner of the partition can have stored it. */
    var isDoubtful: Boolean,
) {
    val partition = TopicPartition(record.topic(), record.partition())
    val orderKey = keys.orderKey(record)
    val uniqueKey = keys.uniqueKey(record)

    /** True if it is known to be a call already. */
    var isStored = false

    /** True after it was looked up whether its order has live calls. */
    var isLookedUp = false

    override fun toString(): String = "$partition@${record.offset()}"
}

/** A record that becomes a call, after an attempt that ended with [failure]; without it, no attempt was made. */
internal class Deferral(
    val polled: Polled,
    val failure: Throwable?,
) {
    val record get() = polled.record
}

/**
 * What was polled and is not committed: the records that wait, in the order of their offsets, those that are to become calls, and how far each
 * partition is. Thread-safe: a job handles records while the consumer's thread can lose partitions, whose records are forgotten then.
 */
internal class PolledRecords(
    private val keys: RecordKeys,
    private val mostUncommitted: Int,
) {
    private val doubts = HashMap<TopicPartition, Int>()
    private val waiting = ArrayDeque<Polled>()
    private val deferrals = ArrayList<Deferral>()
    private val ends = HashMap<TopicPartition, OffsetAndMetadata>()
    private val handledKeys = HashSet<String>()
    private val deferredKeys = HashMap<String, Int>()
    private val full = HashMap<TopicPartition, Polled>()
    private var failed: Deferral? = null

    /** The next records of [partitions] are doubtful: their former owner can have died between storing and committing them. */
    @Synchronized
    fun assigned(partitions: Collection<TopicPartition>) = partitions.forEach { doubts[it] = mostUncommitted }

    @Synchronized
    fun add(records: Iterable<ConsumerRecord<ByteArray?, ByteArray?>>) {
        for (record in records) {
            val polled = Polled(record, keys, isDoubtful = false)
            val doubt = doubts[polled.partition] ?: 0
            polled.isDoubtful = doubt > 0
            if (doubt > 0) doubts[polled.partition] = doubt - 1
            waiting += polled
        }
    }

    @get:Synchronized
    val hasWaiting: Boolean get() = waiting.isNotEmpty()

    @Synchronized
    fun waiting(): List<Polled> = waiting.toList()

    /** The record to deal with now; null if there is none. */
    @Synchronized
    fun next(): Polled? = waiting.firstOrNull()

    /** The failure with which [polled] was put back; null if it was not. */
    @Synchronized
    fun failureOf(polled: Polled): Throwable? = failed?.takeIf { it.polled === polled }?.failure

    /** True if a record of this key is among those to be stored: then [polled] goes behind it. */
    @Synchronized
    fun isBehindDeferred(polled: Polled): Boolean = polled.orderKey in deferredKeys

    /**
     * True if a record of the same key was handled and is not committed. If [polled] became a call before that commit, and the process died in
     * between, the next owner would get the handled one once more and put it behind this one.
     */
    @Synchronized
    fun isBehindHandled(polled: Polled): Boolean = polled.orderKey in handledKeys

    @Synchronized
    fun handled(polled: Polled) {
        if (!take(polled)) return
        polled.orderKey?.let { handledKeys += it }
    }

    @Synchronized
    fun deferred(
        polled: Polled,
        failure: Throwable?,
    ) {
        if (!take(polled)) return
        deferrals += Deferral(polled, failure)
        polled.orderKey?.let { deferredKeys.merge(it, 1, Int::plus) }
    }

    /** Puts a record that failed back, until what was handled before it is committed. */
    @Synchronized
    fun failed(
        polled: Polled,
        failure: Throwable,
    ) {
        failed = Deferral(polled, failure)
    }

    /** No more calls of the key of [polled] are stored: its partition waits here. */
    @Synchronized
    fun full(polled: Polled) {
        if (waiting.firstOrNull() !== polled) return
        waiting.removeAll { it.partition == polled.partition }
        full[polled.partition] = polled
    }

    /** Returns the partitions that wait since the last time, each with the record at which it stands. */
    @Synchronized
    fun takeFull(): Map<TopicPartition, Polled> = full.toMap().also { full.clear() }

    private fun take(polled: Polled): Boolean {
        if (waiting.firstOrNull() !== polled) return false
        waiting.removeFirst()
        ends[polled.partition] = OffsetAndMetadata(polled.record.offset() + 1, polled.record.leaderEpoch(), "")
        return true
    }

    @Synchronized
    fun deferredOf(orderKey: String): Int = deferredKeys[orderKey] ?: 0

    /** What is to be stored. */
    @Synchronized
    fun deferrals(): List<Deferral> = deferrals.toList()

    @Synchronized
    fun stored(stored: List<Deferral>) {
        deferrals.removeAll(stored.toSet())
    }

    /** How far the partitions can be committed before anything is stored: each to its first record that is to be. */
    @Synchronized
    fun starts(): Map<TopicPartition, OffsetAndMetadata> =
        ends + deferrals.asReversed().associate { it.polled.partition to OffsetAndMetadata(it.record.offset(), Optional.empty(), "") }

    /** Where the partitions are to be committed. */
    @Synchronized
    fun ends(): Map<TopicPartition, OffsetAndMetadata> = ends.toMap()

    /** All that was dealt with is committed. */
    @Synchronized
    fun committed() {
        ends.clear()
        handledKeys.clear()
        deferredKeys.clear()
    }

    /** [partitions] belong to another member now, who gets what is not committed. */
    @Synchronized
    fun forget(partitions: Collection<TopicPartition>) {
        val lost = partitions.toSet()
        waiting.removeAll { it.partition in lost }
        deferrals.removeAll { it.polled.partition in lost }
        ends -= lost
        full -= lost
        doubts -= lost
        if (failed?.polled?.partition in lost) failed = null
    }
}
