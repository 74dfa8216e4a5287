package dev.reprise.kafka.internal

import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.common.TopicPartition
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/** The partitions that wait because the next record is of a key with too many held calls. */
internal class FullPartitions(
    private val settings: ConsumerSettings,
) {
    private class Full(
        val record: Polled,
        var nextCheck: TimeMark,
    )

    private val full = LinkedHashMap<TopicPartition, Full>()

    val partitions: Set<TopicPartition> get() = full.keys

    /** Pauses the partitions of [records], each at its record. */
    fun stop(
        consumer: Consumer<*, *>,
        records: Map<TopicPartition, Polled>,
    ) {
        for ((partition, record) in records) {
            consumer.seek(partition, record.record.offset())
            consumer.pause(listOf(partition))
            full[partition] = Full(record, later())
            val calls = "${settings.maxHeldPerKey} calls of the order '${record.orderKey}' are held"
            warn("$partition is paused at ${record.record.offset()}: $calls; replay or discard the first, or raise maxHeldPerKey")
        }
    }

    /** A partition to look at again, with its record; null if it is not the time for any. */
    fun toCheck(): Pair<TopicPartition, Polled>? {
        val (partition, next) = full.entries.firstOrNull { it.value.nextCheck.hasPassedNow() } ?: return null
        next.nextCheck = later()
        return partition to next.record
    }

    fun continues(partition: TopicPartition) {
        full -= partition
        log.log(System.Logger.Level.INFO, "group=${settings.group} $partition continues")
    }

    fun forget(partitions: Collection<TopicPartition>) {
        full -= partitions.toSet()
    }

    private fun warn(text: String) = log.log(System.Logger.Level.WARNING, "group=${settings.group} $text")

    private fun later() = TimeSource.Monotonic.markNow() + CHECKED_EVERY

    private companion object {
        val CHECKED_EVERY = 1.seconds
    }
}
