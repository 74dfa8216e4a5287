package dev.reprise.kafka.internal.spring

import org.apache.kafka.clients.consumer.Consumer
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.clients.consumer.ConsumerRecords
import org.apache.kafka.common.TopicPartition
import org.springframework.kafka.listener.ConsumerRecordRecoverer
import org.springframework.kafka.listener.ContainerProperties.AckMode
import org.springframework.kafka.listener.DefaultErrorHandler
import org.springframework.kafka.listener.MessageListenerContainer
import org.springframework.util.backoff.BackOff

/** A `DefaultErrorHandler` that shows itself when partitions are assigned, and refuses containers whose offsets are not those of handled records. */
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
        check(container)
        super.handleRemaining(thrownException, records, consumer, container)
    }

    override fun handleOne(
        thrownException: Exception,
        record: ConsumerRecord<*, *>,
        consumer: Consumer<*, *>,
        container: MessageListenerContainer,
    ): Boolean {
        check(container)
        return super.handleOne(thrownException, record, consumer, container)
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

    private fun check(container: MessageListenerContainer) {
        val properties = container.containerProperties
        val isManual = properties.ackMode == AckMode.MANUAL || properties.ackMode == AckMode.MANUAL_IMMEDIATE || properties.isAsyncAcks
        if (isManual) {
            throw RefusedContainerError(
                "offsets that a listener acknowledges itself say nothing of the records before; $ACK_MODE",
            )
        }
        if (properties.kafkaAwareTransactionManager != null) {
            throw RefusedContainerError("offsets in Kafka transactions are committed without the queue, which has a database; $ACK_MODE")
        }
    }

    private companion object {
        const val ACK_MODE = "use AckMode.BATCH or RECORD, without a transaction manager"
        const val BATCHES = "records in batches have no interceptor that could keep their order; use a record listener"
    }
}
