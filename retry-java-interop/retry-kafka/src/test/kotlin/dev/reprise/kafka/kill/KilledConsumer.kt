package dev.reprise.kafka.kill

import dev.reprise.kafka.DurableConsumer
import dev.reprise.kafka.pool
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.target
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener
import org.apache.kafka.clients.consumer.KafkaConsumer
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.serialization.ByteArrayDeserializer
import java.io.IOException
import java.nio.file.Path
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.milliseconds

internal val killed = target("killed")
internal const val KILLED_GROUP = "killed"

/** True after this process has handled a record. */
private val works = AtomicBoolean()

/**
 * A process that is killed: a consumer of the topic with its queue. Arguments: the broker, the topic, the folder of the log, the database (a URL, or
 * a file), its name, whose part before the dot is that of its worker. A value is `<key> <number> <failures>`: so many of its attempts fail, whatever
 * the process.
 */
fun main(arguments: Array<String>) {
    val (broker, topic, folder) = arguments
    val (database, name) = arguments.drop(3)
    val log = HandlerLog(Path.of(folder, "handled"))
    runBlocking(Dispatchers.Default) {
        val queue = queue(killedStore(database), log, name)
        start(queue)
        log.write("$name starts")
        val config = config(broker)
        val consumer = DurableConsumer.on(config, queue, { RebalanceLog(config, log, name) }) { topic(topic, killed) }
        Runtime.getRuntime().addShutdownHook(Thread { consumer.close() })
        consumer.run()
    }
}

/** The store in [database]; its tables exist, or it is a file. */
internal suspend fun killedStore(database: String): JdbcCallStore =
    if (database.startsWith("jdbc:")) JdbcCallStore(pool(database)) else JdbcCallStore(Path.of(database)).apply { migrate() }

private fun config(broker: String): Map<String, Any> =
    mapOf(
        "bootstrap.servers" to broker,
        "group.id" to KILLED_GROUP,
        "auto.offset.reset" to "earliest",
        "session.timeout.ms" to 1000,
        "heartbeat.interval.ms" to 200,
        "max.poll.records" to 25,
    )

private fun queue(
    store: JdbcCallStore,
    log: HandlerLog,
    name: String,
) = RetryQueue.on(store) {
    workerName = name.substringBefore('.')
    survivesKills()
    policy {
        every(50.milliseconds)
        maxAttempts(50)
    }
    handle(killed) { value ->
        val record = headers.getValue("kafka-record")
        val place = if (call.claims > 0) "call" else "here"
        val fails = value.substringAfterLast(' ').toInt()
        if (log.fails(record, fails)) log.write("$name failed $place $record").also { throw IOException("not now") }
        delay(2.milliseconds)
        log.write("$name done $place $record")
        if (works.compareAndSet(false, true)) log.mark("$name.works")
        value
    }
}

/** Workers are killed on purpose: a call does not die of that. */
internal fun RetryQueueBuilder.survivesKills() {
    crashWindow = 1.milliseconds
}

/** Starts [queue] when its database responds. */
internal suspend fun CoroutineScope.start(queue: RetryQueue) {
    while (true) {
        try {
            queue.start(this)
            return
        } catch (e: StoreUnavailableException) {
            delay(100.milliseconds)
        }
    }
}

/** Notes when partitions come: between two of these times, a process handles a record once. */
private class RebalanceLog(
    config: Map<String, Any>,
    private val log: HandlerLog,
    private val name: String,
    private val real: Consumer<ByteArray?, ByteArray?> =
        KafkaConsumer(config + ("enable.auto.commit" to false), ByteArrayDeserializer(), ByteArrayDeserializer()),
) : Consumer<ByteArray?, ByteArray?> by real {
    override fun subscribe(
        topics: Collection<String>,
        listener: ConsumerRebalanceListener,
    ) = real.subscribe(
        topics,
        object : ConsumerRebalanceListener {
            override fun onPartitionsAssigned(partitions: Collection<TopicPartition>) {
                log.write("$name rebalance")
                listener.onPartitionsAssigned(partitions)
            }

            override fun onPartitionsRevoked(partitions: Collection<TopicPartition>) = listener.onPartitionsRevoked(partitions)

            override fun onPartitionsLost(partitions: Collection<TopicPartition>) = listener.onPartitionsLost(partitions)
        },
    )
}
