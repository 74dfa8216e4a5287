package dev.reprise.kafka.spring

import dev.reprise.kafka.Broker
import dev.reprise.kafka.Story
import dev.reprise.kafka.orders
import kotlinx.coroutines.CompletableDeferred
import org.apache.kafka.clients.consumer.OffsetAndMetadata
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.serialization.StringDeserializer
import org.springframework.core.task.SimpleAsyncTaskExecutor
import org.springframework.kafka.core.DefaultKafkaConsumerFactory
import org.springframework.kafka.listener.ContainerProperties
import org.springframework.kafka.listener.KafkaMessageListenerContainer
import org.springframework.kafka.listener.MessageListener
import org.springframework.util.backoff.FixedBackOff
import java.util.concurrent.CompletableFuture

internal typealias Container = KafkaMessageListenerContainer<String, String>

/** What makes calls of the topic of a story. */
internal fun Story.recoverer(block: DurableRecovererBuilder.() -> Unit = { topic(topic, orders) }) = DurableRecoverer(queue, block)

/** Two attempts in place, and then a call. */
internal fun Container.setPair(recoverer: DurableRecoverer) {
    commonErrorHandler = recoverer.errorHandler(FixedBackOff(1, 1))
    setRecordInterceptor(recoverer.interceptor())
}

/** A container whose listener does what the story says; [ends] completes with what has stopped it. */
internal fun Story.container(
    config: Map<String, Any> = Broker.config(group),
    onCommit: (Map<TopicPartition, OffsetAndMetadata>) -> Unit = {},
    ends: CompletableDeferred<Throwable?> = CompletableDeferred(),
    listener: (String) -> Unit = this::listen,
    block: Container.() -> Unit = { setPair(recoverer()) },
): Container {
    val factory = DefaultKafkaConsumerFactory(config, StringDeserializer(), StringDeserializer())
    factory.addPostProcessor { LoggingConsumer(it, onCommit) }
    val properties = ContainerProperties(topic)
    properties.setMessageListener(MessageListener<String, String> { listener(it.value()) })
    properties.pollTimeout = 100
    properties.listenerTaskExecutor = Executor(ends)
    return Container(factory, properties).apply(block)
}

private class Executor(
    private val ends: CompletableDeferred<Throwable?>,
) : SimpleAsyncTaskExecutor() {
    override fun submitCompletable(task: Runnable): CompletableFuture<Void> =
        super.submitCompletable(task).also { it.whenComplete { _, failure -> ends.complete(failure?.let { it.cause ?: it }) } }
}
