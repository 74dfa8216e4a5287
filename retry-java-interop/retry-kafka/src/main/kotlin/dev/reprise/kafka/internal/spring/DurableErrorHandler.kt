package dev.reprise.kafka.internal.spring

import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.clients.consumer.ConsumerRecords
import org.apache.kafka.common.TopicPartition
import org.springframework.kafka.KafkaException
import org.springframework.kafka.listener.ConsumerRecordRecoverer
import org.springframework.kafka.listener.ContainerProperties
import org.springframework.kafka.listener.ContainerProperties.AckMode
import org.springframework.kafka.listener.DefaultErrorHandler
import org.springframework.kafka.listener.MessageListenerContainer
import org.springframework.kafka.listener.adapter.AsyncRepliesAware
import org.springframework.util.backoff.BackOff

/**
 * A `DefaultErrorHandler` that shows itself when partitions are assigned, and refuses containers whose offsets are not those of handled records. It
 * sees its container only when something fails, so the interceptor fails once before it stores a record of a container that was not seen.
 */
internal class DurableErrorHandler(
    recoverer: ConsumerRecordRecoverer,
    backOff: BackOff,
    private val members: ContainerMembers,
) : DefaultErrorHandler(recoverer, backOff) {
    override fun onPartitionsAssigned(
        consumer: Consumer<*, *>,
        partitions: Collection<TopicPartition>,
        publishPause: Runnable,
    ) {
        members.assigned(consumer, partitions)
        super.onPartitionsAssigned(consumer, partitions, publishPause)
    }

    override fun handleRemaining(
        thrownException: Exception,
        records: List<ConsumerRecord<*, *>>,
        consumer: Consumer<*, *>,
        container: MessageListenerContainer,
    ) {
        check(container, consumer)
        if (thrownException.cause is UncheckedContainerException) {
            redeliver(records, consumer)
            throw KafkaException(
                "the container was looked at; its records are delivered again",
                KafkaException.Level.DEBUG,
                thrownException,
            )
        }
        super.handleRemaining(thrownException, records, consumer, container)
    }

    private fun redeliver(
        records: List<ConsumerRecord<*, *>>,
        consumer: Consumer<*, *>,
    ) {
        records.groupBy { TopicPartition(it.topic(), it.partition()) }.forEach { (partition, some) ->
            consumer.seek(partition, some.first().offset())
        }
    }

    override fun handleOne(
        thrownException: Exception,
        record: ConsumerRecord<*, *>,
        consumer: Consumer<*, *>,
        container: MessageListenerContainer,
    ): Boolean {
        check(container, consumer)
        // One that was not attempted is not handled: it is delivered again.
        return thrownException.cause !is UncheckedContainerException && super.handleOne(thrownException, record, consumer, container)
    }

    /** Of a container with transactions, the interceptor fails outside of any record. */
    override fun handleOtherException(
        thrownException: Exception,
        consumer: Consumer<*, *>,
        container: MessageListenerContainer,
        batchListener: Boolean,
    ) {
        val refusal = refusal(container.containerProperties)
        if (refusal == null) return super.handleOtherException(thrownException, consumer, container, batchListener)
        logger.error(RefusedContainerError(refusal), "Stopping container due to an Error")
        container.stopAbnormally {}
    }

    override fun handleBatch(
        thrownException: Exception,
        data: ConsumerRecords<*, *>,
        consumer: Consumer<*, *>,
        container: MessageListenerContainer,
        invokeListener: Runnable,
    ): Unit = throw RefusedContainerError(BATCHES)

    override fun <K : Any, V : Any> handleBatchAndReturnRemaining(
        thrownException: Exception,
        data: ConsumerRecords<*, *>,
        consumer: Consumer<*, *>,
        container: MessageListenerContainer,
        invokeListener: Runnable,
    ): ConsumerRecords<K, V> = throw RefusedContainerError(BATCHES)

    private fun check(
        container: MessageListenerContainer,
        consumer: Consumer<*, *>,
    ) {
        refusal(container.containerProperties)?.let { throw RefusedContainerError(it) }
        members.intercepted(consumer).isChecked = true
    }

    /** Why records of a container with [properties] must not be stored; null if they can be. */
    private fun refusal(properties: ContainerProperties): String? {
        val isManual = properties.ackMode == AckMode.MANUAL || properties.ackMode == AckMode.MANUAL_IMMEDIATE || properties.isAsyncAcks
        val isAsync = (properties.messageListener as? AsyncRepliesAware)?.isAsyncReplies == true
        return when {
            isManual -> "offsets that a listener acknowledges itself say nothing of the records before; $ACK_MODE"
            isAsync -> "a listener that returns futures gets a record before it has handled the one before; let it wait for its results"
            properties.kafkaAwareTransactionManager != null -> TRANSACTIONS
            else -> null
        }
    }

    private companion object {
        const val ACK_MODE = "use AckMode.BATCH or RECORD, without a transaction manager"
        const val TRANSACTIONS = "offsets in Kafka transactions are committed without the queue, which has a database; $ACK_MODE"
        const val BATCHES = "records in batches have no interceptor that could keep their order; use a record listener"
    }
}
