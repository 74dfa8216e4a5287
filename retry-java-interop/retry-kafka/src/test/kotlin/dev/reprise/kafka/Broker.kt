package dev.reprise.kafka

import dev.reprise.kafka.broker.startBrokers
import org.apache.kafka.clients.admin.Admin
import org.apache.kafka.clients.admin.NewTopic
import org.apache.kafka.clients.producer.KafkaProducer
import org.apache.kafka.clients.producer.ProducerRecord
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.serialization.StringSerializer
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicInteger

/** The one broker of all tests of this module. */
internal object Broker {
    /** Its files are with those of the build: it ends with the process of the tests, which does not wait for it. */
    private val cluster =
        startBrokers(
            Files.createTempDirectory(Path.of("target"), "broker"),
            settings =
                mapOf(
                    "offsets.topic.num.partitions" to "1",
                    "transaction.state.log.num.partitions" to "1",
                    "transaction.state.log.replication.factor" to "1",
                    "transaction.state.log.min.isr" to "1",
                    "group.initial.rebalance.delay.ms" to "0",
                    "group.min.session.timeout.ms" to "500",
                    "group.consumer.min.session.timeout.ms" to "500",
                    "group.consumer.session.timeout.ms" to "2000",
                    "group.consumer.min.heartbeat.interval.ms" to "100",
                    "group.consumer.heartbeat.interval.ms" to "200",
                ),
        )
    private val numbers = AtomicInteger()

    val address: String get() = cluster.bootstrapServers()
    private val admin = Admin.create(mapOf("bootstrap.servers" to address))
    private val producer = KafkaProducer(mapOf("bootstrap.servers" to address), StringSerializer(), StringSerializer())

    /** Creates a topic with [partitions], under a name of its own. */
    fun topic(partitions: Int = 1): String {
        val name = "topic-${numbers.incrementAndGet()}"
        admin.createTopics(listOf(NewTopic(name, partitions, 1))).all().get()
        return name
    }

    /** Sends values whose key is their first letter. */
    fun send(
        topic: String,
        vararg values: String,
        partition: Int = 0,
    ) {
        values.map { producer.send(ProducerRecord(topic, partition, it.take(1), it)) }.forEach { it.get() }
    }

    fun send(record: ProducerRecord<String, String?>) {
        producer.send(record).get()
    }

    /** The offset at which [group] continues [topic]; null if it has not committed one. */
    fun committed(
        group: String,
        topic: String,
        partition: Int = 0,
    ): Long? {
        val offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
        return offsets[TopicPartition(topic, partition)]?.offset()
    }

    /** What a member of [group] connects with; a dead one is noticed after two seconds. */
    fun config(
        group: String,
        vararg more: Pair<String, Any>,
    ): Map<String, Any> =
        mapOf(
            "bootstrap.servers" to address,
            "group.id" to group,
            "auto.offset.reset" to "earliest",
            "session.timeout.ms" to 2000,
            "heartbeat.interval.ms" to 200,
        ) + more
}
