package dev.reprise.kafka.internal.spring

import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.clients.consumer.OffsetAndMetadata
import org.apache.kafka.common.TopicPartition
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource
import kotlin.time.toJavaDuration

/** The first records of a partition after it was assigned: a former owner can have died between storing and committing them. */
internal class Doubts {
    private class Doubt(
        var records: Int,
        var last: Long,
    )

    private val doubts = HashMap<TopicPartition, Doubt>()

    fun assigned(partitions: Collection<TopicPartition>) = partitions.forEach { doubts[it] = Doubt(records = MOST, last = -1) }

    fun isDoubtful(record: ConsumerRecord<*, *>): Boolean {
        val partition = TopicPartition(record.topic(), record.partition())
        val doubt = doubts[partition] ?: return false
        if (record.offset() > doubt.last) doubt.records--
        doubt.last = maxOf(doubt.last, record.offset())
        if (doubt.records < 0) doubts -= partition
        return doubt.records >= 0
    }

    private companion object {
        /** As many as a poll returns by default; a container stores one at a time, and commits those before it. */
        const val MOST = 500
    }
}

/**
 * Commits what was handled before a record is stored. So a handled record of the same key never comes again behind that call, and a member that the
 * group takes for dead fails here: what it stores then can be handled by another one already.
 */
internal class Confirmations {
    private val confirmed = HashMap<TopicPartition, TimeMark>()

    /** A listener handles a record of [partition]. */
    fun handedOver(partition: TopicPartition) {
        confirmed -= partition
    }

    /** Commits [offset], up to which all records of [partition] are handled or stored, unless that was done just now. */
    fun confirm(
        consumer: Consumer<*, *>,
        partition: TopicPartition,
        offset: Long,
    ) {
        if (confirmed[partition]?.hasNotPassedNow() == true) return
        consumer.commitSync(mapOf(partition to OffsetAndMetadata(offset)), COMMIT_LIMIT.toJavaDuration())
        confirmed[partition] = TimeSource.Monotonic.markNow() + TRUSTED
    }

    fun forget(partitions: Collection<TopicPartition>) {
        confirmed -= partitions.toSet()
    }

    private companion object {
        val COMMIT_LIMIT = 5.seconds

        /** Records of a key that follow each other are stored without a commit between each. */
        val TRUSTED = 100.milliseconds
    }
}
