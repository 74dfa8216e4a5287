package dev.reprise.benchmarks.kafka

import dev.reprise.benchmarks.queue.Databases
import dev.reprise.benchmarks.queue.Kind
import dev.reprise.benchmarks.queue.pool
import dev.reprise.kafka.DurableConsumer
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.target
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.apache.kafka.clients.consumer.KafkaConsumer
import org.apache.kafka.common.serialization.StringDeserializer
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds

internal val WORK = target("work")

/** Runs of a consumer, each with a group and a database of its own. All of them return records a second. */
internal class Runs(
    private val topics: Topics,
    private val databases: Databases,
) {
    /** What a program without a library has: it polls, handles and commits. */
    fun byHand(
        topic: String,
        marks: Marks,
        handler: (String) -> Unit,
    ): Double {
        val config = topics.newGroup() + ("enable.auto.commit" to false)
        KafkaConsumer(config, StringDeserializer(), StringDeserializer()).use { consumer ->
            consumer.subscribe(listOf(topic))
            while (!marks.areComplete) {
                val polled = consumer.poll(POLL)
                for (record in polled) {
                    handler(record.value())
                    marks.add()
                }
                if (!polled.isEmpty) consumer.commitSync()
            }
        }
        return marks.await()
    }

    fun durable(
        topic: String,
        marks: Marks,
        handler: (String) -> Unit,
    ): Double =
        onQueue({ value, _ -> handler(value).also { marks.add() } }) { queue ->
            consume(queue, topic, marks)
        }

    /** All records fail, and become calls that nothing makes. */
    fun deferring(
        topic: String,
        marks: Marks,
    ): Double = onQueue({ _, _ -> throw IOException("not now") }, marks, isWorking = false) { consume(it, topic, marks) }

    /** The calls that [deferring] stores, stored in the same batches. */
    fun enqueueing(
        calls: Int,
        marks: Marks,
    ): Double =
        onQueue({ _, _ -> }, marks, isWorking = false) { queue ->
            for (batch in (0 until calls).chunked(Topics.BATCH)) {
                runBlocking { queue.enqueueAll(WORK, batch.map { "k$it" }) { asDeferred(it) } }
            }
            marks.await()
        }

    private fun CallOptions.asDeferred(key: String) {
        uniqueKey = "kafka/group/topic/0/${key.drop(1)}"
        uniqueFor = 7.days
        orderKey = "kafka/group/topic/$key"
        title = "topic-0@${key.drop(1)}"
        header("kafka-record", "topic/0/${key.drop(1)}")
        header("kafka-timestamp", Instant.EPOCH.toString())
        header("kafka-key", key)
        firstFailure(IOException("not now"))
    }

    private fun consume(
        queue: RetryQueue,
        topic: String,
        marks: Marks,
    ): Double =
        DurableConsumer(topics.newGroup(), queue) { topic(topic, WORK) }.use { consumer ->
            consumer.runAsync().whenComplete { _, failure -> marks.ended(failure) }
            marks.await()
        }

    /** Lets [work] use a queue on PostgreSQL whose handler gets each value, and whether it is that of a call. */
    fun <T> onQueue(
        handler: (value: String, isCall: Boolean) -> Unit,
        stored: Marks? = null,
        isWorking: Boolean = true,
        work: (RetryQueue) -> T,
    ): T =
        databases.with(Kind.Reprise) { url ->
            runBlocking(Dispatchers.Default) {
                pool(url, CONNECTIONS).use { source ->
                    JdbcCallStore(source).use { store ->
                        store.migrate()
                        onStore(MarkedStore(store, stored), handler, isWorking, work)
                    }
                }
            }
        }

    private suspend fun <T> onStore(
        store: MarkedStore,
        handler: (value: String, isCall: Boolean) -> Unit,
        isWorking: Boolean,
        work: (RetryQueue) -> T,
    ): T {
        val queue =
            RetryQueue.on(store) {
                policy { every(1.seconds).maxAttempts(1_000_000) }
                handle(WORK) { value -> value.also { handler(it, call.claims > 0) } }
            }
        val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
        try {
            if (isWorking) queue.start(scope)
            return withContext(Dispatchers.IO) { work(queue) }
        } finally {
            queue.shutdown(Duration.ZERO)
            scope.cancel()
        }
    }

    private companion object {
        const val CONNECTIONS = 8
        val POLL: java.time.Duration = java.time.Duration.ofMillis(100)
    }
}
