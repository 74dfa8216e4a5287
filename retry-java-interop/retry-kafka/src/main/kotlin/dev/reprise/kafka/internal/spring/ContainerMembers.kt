package dev.reprise.kafka.internal.spring

import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.common.TopicPartition
import java.util.WeakHashMap

/** The consumers of containers, each of which must have both halves of the pair. */
internal class ContainerMembers(
    private val settings: ContainerSettings,
) {
    private val members = WeakHashMap<Consumer<*, *>, ContainerMember>()

    /** The container of [consumer] has the interceptor: it is about to poll. */
    @Synchronized
    fun polls(consumer: Consumer<*, *>) {
        members.getOrPut(consumer) { ContainerMember(settings, consumer.groupMetadata().groupId()) }
    }

    /** The container of [consumer] has the error handler: it has got [partitions]. */
    fun assigned(
        consumer: Consumer<*, *>,
        partitions: Collection<TopicPartition>,
    ) = intercepted(consumer).assigned(partitions)

    /** @throws RefusedContainerError if its container has not the interceptor, too. */
    fun intercepted(consumer: Consumer<*, *>?): ContainerMember =
        synchronized(this) { members[consumer] } ?: throw RefusedContainerError(
            "a DurableRecoverer without its interceptor loses the order: later records of a key would be handled before the call of an " +
                "earlier one; call setRecordInterceptor(recoverer.interceptor()), and use a record listener, not one of batches",
        )

    /** @throws RefusedContainerError if its container has not the error handler, too. */
    fun complete(consumer: Consumer<*, *>?): ContainerMember =
        intercepted(consumer).also {
            if (!it.hasErrorHandler) {
                throw RefusedContainerError(
                    "a DurableRecordInterceptor without the error handler of its recoverer loses records: one that fails would become " +
                        "no call; call setCommonErrorHandler(recoverer.errorHandler(backOff)), and subscribe to topics",
                )
            }
        }
}
