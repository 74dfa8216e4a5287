package dev.reprise.kafka

import org.apache.kafka.clients.admin.Admin
import org.apache.kafka.clients.admin.NewTopic
import org.apache.kafka.clients.producer.KafkaProducer
import org.apache.kafka.clients.producer.ProducerRecord
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.serialization.StringSerializer
import org.apache.kafka.common.test.KafkaClusterTestKit
import org.apache.kafka.common.test.TestKitNodes
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicInteger

/** The one broker of all tests of this module. */
internal object Broker {
    private val cluster =
        KafkaClusterTestKit
            .Builder(nodes())
            .setConfigProp("offsets.topic.replication.factor", "1")
            .setConfigProp("offsets.topic.num.partitions", "1")
            .setConfigProp("group.initial.rebalance.delay.ms", "0")
            .setConfigProp("group.min.session.timeout.ms", "500")
            .setConfigProp("group.consumer.min.session.timeout.ms", "500")
            .setConfigProp("group.consumer.session.timeout.ms", "2000")
            .setConfigProp("group.consumer.min.heartbeat.interval.ms", "100")
            .setConfigProp("group.consumer.heartbeat.interval.ms", "200")
            .build()
    private val numbers = AtomicInteger()

    init {
        cluster.format()
        cluster.startup()
        cluster.waitForReadyBrokers()
    }

    /** Its files are with those of the build: it ends with the process of the tests, which does not wait for it. */
    private fun nodes() =
        TestKitNodes
            .Builder()
            .setCombined(true)
            .setNumBrokerNodes(1)
            .setNumControllerNodes(1)
            .setBaseDirectory(Files.createTempDirectory(Path.of("target"), "broker"))
            .build()

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
