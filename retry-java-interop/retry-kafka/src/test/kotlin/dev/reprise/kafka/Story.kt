package dev.reprise.kafka

import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.KafkaConsumer
import org.apache.kafka.clients.consumer.OffsetAndMetadata
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.serialization.ByteArrayDeserializer
import java.io.IOException
import java.time.Duration
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.time.Duration.Companion.seconds

internal val orders = target("orders")

/** A topic, a queue on the store [real], and what happened to the values of the records: a line each. */
internal class Story(
    partitions: Int = 1,
    real: CallStore = InMemoryCallStore(),
    private val handler: suspend CallContext.(String) -> Unit = {},
) {
    val topic = Broker.topic(partitions)
    val group = "group-of-$topic"
    val store = LoggingStore(real)
    private val events = MutableStateFlow(emptyList<String>())

    /** The values that fail. */
    @Volatile
    var failing: Set<String> = emptySet()

    val queue =
        RetryQueue.on(store) {
            policy {
                every(1.seconds / 20)
                maxAttempts(100)
            }
            handle(orders) { value -> handle(this, value) }
        }

    val lines: List<String> get() = events.value

    operator fun plusAssign(line: String) = events.update { it + line }

    /** Waits until [lines] are fitting. */
    suspend fun await(isFitting: (List<String>) -> Boolean) {
        try {
            withTimeout(30.seconds) { events.first(isFitting) }
        } catch (e: Exception) {
            throw AssertionError("waited without success; there was $lines", e)
        }
    }

    suspend fun await(vararg lines: String) = await { it.containsAll(lines.toList()) }

    private suspend fun handle(
        context: CallContext,
        value: String,
    ): String {
        val place = if (context.call.claims > 0) "call" else "here"
        attempt(place, value)
        handler(context, value)
        this += "$place $value"
        return value
    }

    private fun attempt(
        place: String,
        value: String,
    ) {
        if (value !in failing) return
        this += "$place $value failed"
        throw IOException("no $value")
    }

    /** What a listener does that has no context. */
    fun listen(value: String) {
        attempt("here", value)
        this += "here $value"
    }

    /** Starts a member of the group, which runs [onCommit] before each commit. */
    fun CoroutineScope.consume(
        config: Map<String, Any> = Broker.config(group),
        block: DurableConsumerBuilder.() -> Unit = { topic(topic, orders) },
        onCommit: (Map<TopicPartition, OffsetAndMetadata>) -> Unit = {},
        onPoll: () -> Unit = {},
        context: CoroutineContext = EmptyCoroutineContext,
    ): Member {
        val connect = { KafkaConsumer(config + ("enable.auto.commit" to false), ByteArrayDeserializer(), ByteArrayDeserializer()) }
        val consumer = DurableConsumer.on(config, queue, { LoggingConsumer(connect(), onCommit, onPoll) }, block)
        return Member(consumer, launch(context) { consumer.run() })
    }

    /** Logs what is committed, as the number of records before it. */
    inner class LoggingConsumer<K, V>(
        private val real: Consumer<K, V>,
        private val onCommit: (Map<TopicPartition, OffsetAndMetadata>) -> Unit,
        private val onPoll: () -> Unit = {},
    ) : Consumer<K, V> by real {
        override fun poll(timeout: Duration) = onPoll().run { real.poll(timeout) }

        override fun commitSync(
            offsets: Map<TopicPartition, OffsetAndMetadata>,
            timeout: Duration,
        ) {
            onCommit(offsets)
            real.commitSync(offsets, timeout)
            offsets.forEach { (partition, offset) -> this@Story += "committed ${partition.partition()}:${offset.offset()}" }
        }
    }

    /** A store that can be down, and logs what it accepts. */
    inner class LoggingStore(
        private val real: CallStore,
    ) : CallStore by real {
        @Volatile
        var isDown = false

        override suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> =
            responding {
                real.enqueue(calls).also { results ->
                    results.zip(calls) { result, call ->
                        this@Story += (if (result.isNew) "stored " else "known ") + call.payload.bytes.decodeToString()
                    }
                }
            }

        override suspend fun liveOrderKeys(keys: Set<String>): Set<String> = responding { real.liveOrderKeys(keys) }

        private suspend fun <T> responding(body: suspend () -> T): T =
            try {
                if (isDown) throw StoreUnavailableException("down")
                body()
            } catch (e: StoreUnavailableException) {
                this@Story += "the store is down"
                throw e
            }
    }
}

/** A running consumer. */
internal class Member(
    private val consumer: DurableConsumer,
    val job: Job,
) {
    /** Stops it, and waits until it has left the group. */
    suspend fun stop() {
        consumer.stop()
        withTimeout(30.seconds) { job.join() }
    }
}

/** What a test throws to end a consumer as a crash would: after it, nothing is committed. */
internal class Crash : RuntimeException("crash")
