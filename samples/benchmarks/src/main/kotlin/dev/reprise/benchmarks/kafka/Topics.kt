package dev.reprise.benchmarks.kafka

import dev.reprise.kafka.broker.startBrokers
import org.apache.kafka.clients.admin.Admin
import org.apache.kafka.clients.admin.NewTopic
import org.apache.kafka.clients.admin.OffsetSpec
import org.apache.kafka.clients.producer.KafkaProducer
import org.apache.kafka.clients.producer.ProducerRecord
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.serialization.StringSerializer
import java.nio.file.Files
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference

/** A broker in this process, and topics on it. The value of a record is its key, and spaces up to a hundred bytes. */
internal class Topics : AutoCloseable {
    private val folder = Files.createTempDirectory("kafka-benchmarks")
    private val cluster =
        startBrokers(folder, settings = mapOf("offsets.topic.num.partitions" to "1", "group.initial.rebalance.delay.ms" to "0"))
    private val broker = mapOf<String, Any>("bootstrap.servers" to cluster.bootstrapServers())
    private val admin = Admin.create(broker)
    private val producer = KafkaProducer(broker + ("linger.ms" to 5), StringSerializer(), StringSerializer())
    private val failure = AtomicReference<Exception?>()
    private val numbers = AtomicInteger()

    /** Creates a topic, and returns its name when it can be filled. */
    fun create(partitions: Int): String {
        val name = "topic-${numbers.incrementAndGet()}"
        admin.createTopics(listOf(NewTopic(name, partitions, 1))).all().get()
        check(producer.partitionsFor(name).size == partitions)
        return name
    }

    /** Creates a topic of one partition with so many [records], each with a key of its own. */
    fun filled(records: Int): String {
        val topic = create(partitions = 1)
        repeat(records) { send(topic, partition = 0, "k$it") }
        producer.flush()
        checkSent()
        return topic
    }

    fun send(
        topic: String,
        partition: Int,
        key: String,
    ) {
        val record = ProducerRecord(topic, partition, key, key.padEnd(VALUE_BYTES))
        producer.send(record) { _, e -> if (e != null) failure.compareAndSet(null, e) }
    }

    /** @throws Exception if the broker has not taken a record. */
    fun checkSent() {
        failure.get()?.let { throw it }
    }

    /** What a new group connects with: it gets all records of a topic. */
    fun newGroup(): Map<String, Any> =
        broker +
            mapOf(
                "group.id" to "group-${numbers.incrementAndGet()}",
                "auto.offset.reset" to "earliest",
                "max.poll.records" to BATCH,
            )

    /** How many records of each partition of [topic] the group of [config] has not committed. */
    fun lags(
        topic: String,
        partitions: Int,
        config: Map<String, Any>,
    ): List<Long> {
        val all = List(partitions) { TopicPartition(topic, it) }
        val ends = admin.listOffsets(all.associateWith { OffsetSpec.latest() }).all().get()
        val committed = admin.listConsumerGroupOffsets("${config["group.id"]}").partitionsToOffsetAndMetadata().get()
        return all.map { ends.getValue(it).offset() - (committed[it]?.offset() ?: 0) }
    }

    override fun close() {
        producer.close()
        admin.close()
        cluster.close()
        folder.toFile().deleteRecursively()
    }

    companion object {
        /** The records of a poll, and so the calls of a batch. */
        const val BATCH = 500
        private const val VALUE_BYTES = 100
    }
}
