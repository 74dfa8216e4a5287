package dev.reprise.samples.kafka

import dev.reprise.kafka.DurableConsumer
import dev.reprise.kafka.KafkaSender
import dev.reprise.kafka.broker.startBrokers
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.clients.consumer.KafkaConsumer
import org.apache.kafka.clients.producer.KafkaProducer
import org.apache.kafka.clients.producer.ProducerRecord
import org.apache.kafka.common.serialization.StringDeserializer
import org.apache.kafka.common.serialization.StringSerializer
import org.springframework.context.annotation.AnnotationConfigApplicationContext
import java.io.IOException
import java.io.UncheckedIOException
import java.nio.file.Files
import java.nio.file.Path
import java.sql.DriverManager
import java.time.Duration
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.function.BinaryOperator
import java.util.function.Supplier
import kotlin.time.Duration.Companion.seconds

class ShopTest :
    FunSpec({
        val cluster = startBrokers(Files.createTempDirectory(Path.of("target"), "broker"))
        val bootstrap = mapOf<String, Any>("bootstrap.servers" to cluster.bootstrapServers())
        val orders = listOf("7" to "beans", "8" to "tea", "7" to "milk")
        KafkaProducer(bootstrap, StringSerializer(), StringSerializer()).use { producer ->
            orders.forEach { (customer, order) -> producer.send(ProducerRecord("orders", 0, customer, order)).get() }
        }
        afterSpec { cluster.close() }

        test("a customer waits for the gateway, and no other one does; in Java too") {
            val log = ConcurrentLinkedQueue<String>()
            val keys = ConcurrentLinkedQueue<String>()
            val done = CompletableDeferred<Unit>()
            val gateway =
                Gateway { order, idempotencyKey ->
                    if (order == "beans") keys += idempotencyKey
                    if (keys.size < 4 && order == "beans") throw IOException("the gateway is away")
                    log += order
                    if (order == "milk") done.complete(Unit)
                    "charged"
                }
            lateinit var consumer: DurableConsumer
            val calls = Path.of(tempdir().path, "calls.db")
            withTimeout(60.seconds) {
                coroutineScope {
                    val shop = launch { chargeOrders(cluster.bootstrapServers(), calls, gateway) { consumer = it } }
                    done.await()
                    consumer.stop()
                    shop.join()
                }
            }
            log.toList() shouldContainExactly listOf("tea", "beans", "milk")
            keys.toList() shouldContainExactly List(4) { "kafka/shop/orders/0/0" }

            val (java, closed) = ConcurrentLinkedQueue<String>() to CountDownLatch(1)
            val config = bootstrap + mapOf("group.id" to "java", "auto.offset.reset" to "earliest")
            withTimeout(60.seconds) {
                val charged = CompletableDeferred<Unit>()
                val shop =
                    async(Dispatchers.IO) {
                        JavaShop.chargeOrders(config, Path.of(tempdir().path, "java.db"), { order, _ ->
                            order.also { java += it }.also { if (java.size == 3) charged.complete(Unit) }
                        }, closed)
                    }
                charged.await()
                closed.countDown()
                shop.await()
            }
            java.toList() shouldContainExactly listOf("beans", "tea", "milk")
        }

        test("a listener of Spring charges a customer's orders in their order, the first one as a call with the same key") {
            val log = ConcurrentLinkedQueue<String>()
            val keys = ConcurrentLinkedQueue<String>()
            val done = CompletableDeferred<Unit>()
            val gateway =
                BinaryOperator<String> { order, key ->
                    if (order == "beans") keys += key
                    if (order == "beans" && keys.size < 4) throw UncheckedIOException(IOException("the gateway is away"))
                    log += order
                    if (log.size == 3) done.complete(Unit)
                    order
                }
            val config = bootstrap + ("auto.offset.reset" to "earliest")
            AnnotationConfigApplicationContext().use { context ->
                context.registerBean(SpringShop::class.java, Supplier { SpringShop(config, Path.of(tempdir().path, "spring.db"), gateway) })
                context.refresh()
                withTimeout(60.seconds) { done.await() }
            }
            // Tea is another customer's: it waits for no one, and nothing for it.
            (log - "tea") shouldContainExactly listOf("beans", "milk")
            keys.toList() shouldContainExactly List(4) { "kafka/spring/orders/0/0" }
        }

        test("an order and its record are committed together, and the other side leaves out what was sent again") {
            val file = Path.of(tempdir().path, "calls.db")
            KafkaSender(bootstrap).use { sender ->
                val queue = shippingQueue(sender, file)()
                coroutineScope {
                    queue.start(this)
                    DriverManager.getConnection("jdbc:sqlite:$file?transaction_mode=IMMEDIATE&busy_timeout=5000").use { connection ->
                        connection.createStatement().use { it.execute("CREATE TABLE orders (id TEXT, shipped INT)") }
                        connection.autoCommit = false
                        queue.ship(connection, "tea", "8")
                        connection.rollback()
                        queue.ship(connection, "milk", "7").also { connection.commit() }
                    }
                    val record = withContext(Dispatchers.IO) { firstOf("shipped", bootstrap) }
                    (record.key() to record.value()) shouldBe ("7" to "milk")
                    val seen = mutableSetOf<String>()
                    listOf(isNew(record, seen), isNew(record, seen)) shouldContainExactly listOf(true, false)
                    queue.shutdown()
                }
            }
        }
    })

private fun firstOf(
    topic: String,
    config: Map<String, Any>,
): ConsumerRecord<String, String> {
    val reading = config + mapOf("group.id" to "customers", "auto.offset.reset" to "earliest")
    return KafkaConsumer(reading, StringDeserializer(), StringDeserializer()).use { consumer ->
        consumer.subscribe(listOf(topic))
        generateSequence {
            consumer
                .poll(
                    Duration.ofSeconds(1),
                ).firstOrNull() ?: Unit
        }.filterIsInstance<ConsumerRecord<String, String>>().first()
    }
}
