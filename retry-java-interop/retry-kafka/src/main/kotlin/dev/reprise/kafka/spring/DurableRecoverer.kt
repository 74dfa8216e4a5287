package dev.reprise.kafka.spring

import dev.reprise.kafka.internal.RecordKeys
import dev.reprise.kafka.internal.spring.ContainerMembers
import dev.reprise.kafka.internal.spring.ContainerSettings
import dev.reprise.kafka.internal.spring.DurableErrorHandler
import dev.reprise.kafka.internal.spring.NotStoredException
import dev.reprise.queue.RetryQueue
import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.springframework.kafka.listener.ConsumerAwareRecordRecoverer
import org.springframework.kafka.listener.DefaultErrorHandler
import org.springframework.kafka.listener.ListenerExecutionFailedException
import org.springframework.kafka.listener.TimestampedException
import org.springframework.util.backoff.BackOff
import java.util.function.Consumer as JavaConsumer

/**
 * Makes durable calls of the records that fail in a listener of Spring for Apache Kafka: when the attempts of the container's error handler are
 * used up, the record becomes a call of the queue, and its partition continues. The records of its key go behind that call, unseen by the listener;
 * that is the part of [interceptor], and a container needs both.
 *
 * ```
 * DurableRecoverer recoverer = DurableRecoverer.of(queue, r -> r.topic("orders", CHARGE));
 * factory.setCommonErrorHandler(recoverer.errorHandler(new FixedBackOff(200, 1)));    // one attempt, and one more 200 ms later
 * factory.setRecordInterceptor(recoverer.interceptor());
 * ```
 *
 * Keys, headers and the first failure of a call are those of a [dev.reprise.kafka.DurableConsumer]. A record is acknowledged after it was stored: if
 * the store is down, recovering fails, and the container delivers the record again. One recoverer serves any number of containers.
 */
public class DurableRecoverer private constructor(
    settings: ContainerSettings,
) : ConsumerAwareRecordRecoverer {
    private val members = ContainerMembers(settings)

    /**
     * Makes calls of [queue]; [block] says of which topics.
     *
     * @throws IllegalArgumentException if there is no topic, or one with attempts in place, which are those of the error handler.
     */
    public constructor(
        queue: RetryQueue,
        block: DurableRecovererBuilder.() -> Unit,
    ) : this(DurableRecovererBuilder().apply(block).build(queue))

    /**
     * A `DefaultErrorHandler` that attempts a record as often as [backOff] says, and then calls this recoverer. It can be configured further. It stops
     * a container that has no [interceptor] of this recoverer when partitions are assigned, with an error that says so. One whose listener
     * acknowledges, or returns futures, or that has a transaction manager of Kafka, is stopped before the first record of it would be stored.
     */
    public fun errorHandler(backOff: BackOff): DefaultErrorHandler = DurableErrorHandler(this, backOff, members)

    /**
     * The other half: the interceptor of the same containers. It stops a container that has no [errorHandler] of this recoverer before the first
     * record, with an error that says so.
     */
    public fun <K : Any, V : Any> interceptor(): DurableRecordInterceptor<K, V> = DurableRecordInterceptor(members)

    /**
     * Stores [record] as a call whose first attempt has ended with [exception].
     *
     * @throws RuntimeException if it was not stored; the container delivers it again.
     */
    override fun accept(
        record: ConsumerRecord<*, *>,
        consumer: Consumer<*, *>?,
        exception: Exception?,
    ) {
        val failure = exception?.let { causeOf(it) }
        members.complete(consumer).store(record, checkNotNull(consumer), failure.takeIf { it !is NotStoredException })
    }

    /** What the listener has thrown. */
    private fun causeOf(exception: Throwable): Throwable {
        var failure = exception
        while (failure is ListenerExecutionFailedException || failure is TimestampedException) failure = failure.cause ?: return failure
        return failure
    }

    public companion object {
        /** Makes calls of [queue], for Java: `DurableRecoverer.of(queue, r -> r.topic("orders", charge, t -> t.policy("…")))`. */
        @JvmStatic
        public fun of(
            queue: RetryQueue,
            block: JavaConsumer<in DurableRecovererBuilder>,
        ): DurableRecoverer = DurableRecoverer(queue, block::accept)

        /**
         * The unique key that the call of [record] has in the group [groupId], whether or not it becomes one: in a listener, a good idempotency key,
         * since the handler of the call sees the same.
         */
        @JvmStatic
        public fun uniqueKey(
            groupId: String,
            record: ConsumerRecord<*, *>,
        ): String = RecordKeys(groupId).uniqueKey(record)
    }
}
