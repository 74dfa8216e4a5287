package dev.reprise.kafka.spring

import dev.reprise.kafka.internal.spring.ContainerMembers
import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.springframework.kafka.listener.RecordInterceptor

/**
 * Keeps the order of keys for a [DurableRecoverer], whose method `interceptor()` creates it: a record whose key has live calls is stored behind them,
 * and skipped by the container. What a call was made of already, before a crash, is skipped too.
 */
public class DurableRecordInterceptor<K : Any, V : Any> internal constructor(
    private val members: ContainerMembers,
) : RecordInterceptor<K, V> {
    /** Notes that the container of [consumer] has this interceptor. */
    override fun setupThreadState(consumer: Consumer<*, *>): Unit = members.polls(consumer)

    /**
     * Returns [record] for the listener; null if it is a call.
     *
     * @throws RuntimeException if it could be neither; the container delivers it again.
     */
    override fun intercept(
        record: ConsumerRecord<K, V>,
        consumer: Consumer<K, V>,
    ): ConsumerRecord<K, V>? = if (members.complete(consumer).takes(record, consumer)) null else record
}
