package dev.reprise.kafka.spring

import dev.reprise.kafka.Broker
import dev.reprise.kafka.Story
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.withTimeout
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.clients.producer.ProducerConfig
import org.apache.kafka.common.serialization.StringSerializer
import org.springframework.kafka.core.DefaultKafkaProducerFactory
import org.springframework.kafka.listener.BatchMessageListener
import org.springframework.kafka.listener.ContainerProperties
import org.springframework.kafka.listener.ContainerProperties.AckMode
import org.springframework.kafka.listener.MessageListener
import org.springframework.kafka.listener.adapter.AsyncRepliesAware
import org.springframework.kafka.transaction.KafkaTransactionManager
import kotlin.time.Duration.Companion.seconds

/** Containers whose offsets are not those of handled records: the pair stops them, and stores nothing of theirs. */
private val kinds =
    listOf(
        Kind("the listener acknowledges", "use AckMode.BATCH or RECORD") { ackMode = AckMode.MANUAL },
        Kind("the listener acknowledges at once", "use AckMode.BATCH or RECORD") { ackMode = AckMode.MANUAL_IMMEDIATE },
        Kind("acknowledgements come in any order", "use AckMode.BATCH or RECORD") {
            ackMode = AckMode.MANUAL
            isAsyncAcks = true
        },
        Kind("the listener returns futures", "let it wait for its results") { setMessageListener(FutureListener(it)) },
        Kind("offsets are in transactions", "without a transaction manager") { kafkaAwareTransactionManager = transactions() },
    )

private class Kind(
    val name: String,
    val refusal: String,
    val configure: ContainerProperties.(Story) -> Unit,
)

class RefusedContainersTest : FunSpec({
    for (kind in kinds) {
        test("if ${kind.name}, a container is refused at its first failure, and the record is not stored") {
            val story = Story()
            Broker.send(story.topic, "a1", "a2")
            story.failing = setOf("a1")
            val refusal = story.refusalOf(kind)
            checkNotNull(refusal).message shouldContain kind.refusal
            story.lines shouldContainExactly listOf("here a1 failed")
            Broker.committed(story.group, story.topic) shouldBe null
        }

        test("if ${kind.name}, a container is refused before it puts a record behind a call, or commits those before it") {
            val story = Story()
            story.storeFirst("a1")
            val before = story.lines.size
            Broker.send(story.topic, "b1", "a2")
            story.refusalOf(kind)
            story.lines.drop(before).filter { it.startsWith("stored") || it.startsWith("committed") } shouldContainExactly emptyList()
            story.queue.findUnique("kafka/${story.group}/${story.topic}/0/2") shouldBe null
        }
    }

    test("a batch listener is refused when partitions are assigned") {
        val story = Story()
        Broker.send(story.topic, "a1")
        val batches =
            Kind("it takes batches", "use a record listener") {
                setMessageListener(BatchMessageListener<String, String> { records -> records.forEach { story.listen(it.value()) } })
            }
        checkNotNull(story.refusalOf(batches)).message shouldContain batches.refusal
        story.lines shouldContainExactly emptyList()
    }

    test("a container that acknowledges by itself is looked at once, and then puts records behind the calls that are there") {
        val story = Story()
        story.storeFirst("a1")
        Broker.send(story.topic, "a2", "b1", "a3")
        val container = story.container()
        container.start()
        story.await("committed 0:4")
        container.stop()
        story.lines.filter { it.startsWith("stored") || it.startsWith("here b") } shouldContainExactly
            listOf("stored a1", "stored a2", "here b1", "stored a3")
    }
})

/** Runs a container of this [kind] until it is stopped; returns the error that stopped it, or null if that is in the log alone. */
private suspend fun Story.refusalOf(kind: Kind): Throwable? {
    val ends = CompletableDeferred<Throwable?>()
    val story = this
    val container =
        container(ends = ends) {
            setPair(recoverer())
            kind.configure(containerProperties, story)
        }
    container.start()
    val refusal = withTimeout(30.seconds) { ends.await() }
    container.isRunning shouldBe false
    return refusal
}

/** Makes a call of [value], with a container that is not refused. */
private suspend fun Story.storeFirst(value: String) {
    Broker.send(topic, value)
    failing = setOf(value)
    val container = container()
    container.start()
    await("committed 0:1")
    container.stop()
}

private class FutureListener(
    private val story: Story,
) : MessageListener<String, String>,
    AsyncRepliesAware {
    override fun onMessage(record: ConsumerRecord<String, String>) = story.listen(record.value())

    override fun isAsyncReplies() = true
}

private fun transactions(): KafkaTransactionManager<String, String> {
    val config = mapOf<String, Any>(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG to Broker.address)
    val factory = DefaultKafkaProducerFactory(config, StringSerializer(), StringSerializer())
    factory.setTransactionIdPrefix("refused-")
    return KafkaTransactionManager(factory)
}
