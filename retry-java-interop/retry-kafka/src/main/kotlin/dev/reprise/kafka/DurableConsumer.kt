package dev.reprise.kafka

import dev.reprise.kafka.internal.ConsumerLoop
import dev.reprise.kafka.internal.ConsumerSettings
import dev.reprise.queue.RetryQueue
import dev.reprise.run.StopSignal
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.completeWith
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.future.future
import kotlinx.coroutines.withContext
import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.KafkaConsumer
import org.apache.kafka.common.serialization.ByteArrayDeserializer
import java.util.concurrent.CompletableFuture
import java.util.concurrent.atomic.AtomicReference
import java.util.function.Consumer as JavaConsumer

/**
 * A member of a consumer group whose records are handled by the handlers of [queue]. A record that fails becomes a durable call, and its partition
 * continues: with records of other keys here, with those of the same key behind that call, in the queue.
 *
 * ```
 * val consumer = DurableConsumer(consumerConfig, queue) {
 *     topic("orders", target = charge) { inPlace { maxAttempts(2); every(200.milliseconds) } }
 * }
 * consumer.run()
 * ```
 *
 * Offsets are committed when the records before them have been handled, or are stored in the queue. A crash or a rebalance can have a record
 * handled again; `call.uniqueKey` is the same each time, and a good idempotency key.
 */
public class DurableConsumer private constructor(
    private val settings: ConsumerSettings,
    private val queue: RetryQueue,
    private val connect: () -> Consumer<ByteArray?, ByteArray?>,
) : AutoCloseable {
    private val stop = StopSignal()
    private val ended = AtomicReference<CompletableDeferred<Unit>>()

    /**
     * Configures a consumer with the settings of a `KafkaConsumer`, [config], which need a `group.id`. Keys and values are read as bytes: the codecs
     * of the targets decode them. Offsets are never committed automatically.
     *
     * @throws IllegalArgumentException if [config] has no group, commits automatically or has other deserializers, or if no topic is set.
     */
    public constructor(
        config: Map<String, *>,
        queue: RetryQueue,
        block: DurableConsumerBuilder.() -> Unit,
    ) : this(DurableConsumerBuilder().apply(block).build(config), queue, connect(config))

    /**
     * Consumes until [stop] was called, or until the caller is cancelled. Then it finishes the current record, stores what failed, commits, leaves
     * the group, and returns. Handlers run in the context of the caller, one at a time.
     *
     * @throws IllegalStateException if it was started before.
     * @throws dev.reprise.queue.model.QueueException if a record can neither be handled nor stored: no handler of its target is registered in the
     * queue, or it is too large for it. The records before it are committed.
     * @throws org.apache.kafka.common.KafkaException if the group can't be consumed, for example for want of a permission.
     */
    public suspend fun run() {
        val end = CompletableDeferred<Unit>()
        check(ended.compareAndSet(null, end)) { "a DurableConsumer runs once; create another one" }
        val handlers = CoroutineScope(currentCoroutineContext().minusKey(Job) + SupervisorJob())
        val loop = Runnable { end.completeWith(runCatching { ConsumerLoop(settings, queue, connect(), handlers, stop).run() }) }
        // Without the thread locals of the caller; its class loader is what the client finds the classes in the configuration with.
        Thread(null, loop, "reprise-kafka-${settings.group}", 0, false).apply { isDaemon = true }.start()
        try {
            end.await()
        } catch (e: CancellationException) {
            stop()
            withContext(NonCancellable) { end.await() }
            throw e
        } finally {
            handlers.cancel()
        }
    }

    /** The same as a future, for Java. Handlers start on the threads of `Dispatchers.Default`. Cancelling the future is [stop]. */
    public fun runAsync(): CompletableFuture<Void?> =
        CoroutineScope(Dispatchers.Default).future(start = CoroutineStart.UNDISPATCHED) { null.also { run() } }

    /** Ends [run] after the current record; returns immediately. */
    public fun stop() {
        stop.stop()
    }

    /** Ends [run], and waits until it has returned. The current handler and the store have the grace period each. */
    override fun close() {
        stop()
        ended.get()?.let { end -> CompletableFuture<Unit>().also { done -> end.invokeOnCompletion { done.complete(Unit) } }.join() }
    }

    public companion object {
        /** Configures a consumer, for Java: `DurableConsumer.of(config, queue, c -> c.topic("orders", charge, t -> t.inPlace("…")))`. */
        @JvmStatic
        public fun of(
            config: Map<String, *>,
            queue: RetryQueue,
            block: JavaConsumer<in DurableConsumerBuilder>,
        ): DurableConsumer = DurableConsumer(config, queue, block::accept)

        /** The consumer of a test, which [connect] creates. */
        internal fun on(
            config: Map<String, *>,
            queue: RetryQueue,
            connect: () -> Consumer<ByteArray?, ByteArray?>,
            block: DurableConsumerBuilder.() -> Unit,
        ) = DurableConsumer(DurableConsumerBuilder().apply(block).build(config), queue, connect)

        private fun connect(config: Map<String, *>): () -> Consumer<ByteArray?, ByteArray?> {
            val consumed = config + ("enable.auto.commit" to false)
            return { KafkaConsumer(consumed, ByteArrayDeserializer(), ByteArrayDeserializer()) }
        }
    }
}
