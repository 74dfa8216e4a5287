package dev.reprise.samples.kafka

import dev.reprise.kafka.DurableConsumer
import dev.reprise.kafka.KafkaSender
import dev.reprise.kafka.kafkaTarget
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.target
import kotlinx.coroutines.coroutineScope
import org.apache.kafka.clients.consumer.ConsumerRecord
import java.nio.file.Path
import java.sql.Connection
import kotlin.time.Duration.Companion.milliseconds

/** Charges an order of a customer. */
val charge = target("charge")

/** Announces in a topic that an order was shipped. */
val shipped = kafkaTarget("shipped")

/** Charges the orders of a topic, in the order of each customer, however long the gateway is away. */
suspend fun chargeOrders(
    bootstrap: String,
    calls: Path,
    gateway: Gateway,
    onStart: (DurableConsumer) -> Unit,
) = coroutineScope {
    val consumerConfig = mapOf("bootstrap.servers" to bootstrap, "group.id" to "shop", "auto.offset.reset" to "earliest")
    // docs:begin kafka-consumer
    val queue = RetryQueue.open(calls) {
        handle(charge) { order -> gateway.charge(order, idempotencyKey = call.uniqueKey!!) } // names the record, in every attempt
    }
    queue.start(this)
    val consumer = DurableConsumer(consumerConfig, queue) {
        topic("orders", target = charge) {
            inPlace {
                // so long the partition waits
                every(200.milliseconds)
                maxAttempts(2)
            }
            policy("exponential(1s, max=1h) maxAttempts(100)") // and so long the key
            onDeadPredecessor = OnDeadPredecessor.BLOCK
        }
    }
    onStart(consumer)
    consumer.run() // until it is stopped or cancelled
    queue.shutdown()
    // docs:end
}

/** A service that takes the same order twice as one. */
fun interface Gateway {
    suspend fun charge(
        order: String,
        idempotencyKey: String,
    ): String
}

// docs:begin kafka-outbox

/** A queue whose calls to [shipped] become records. */
fun shippingQueue(
    sender: KafkaSender, // KafkaSender(mapOf("bootstrap.servers" to bootstrap))
    calls: Path,
) = suspend {
    RetryQueue.open(calls) { handle(shipped) { sender.send(this) } }
}

/** Ships [order], and announces it if that is committed. */
fun RetryQueue.ship(
    connection: Connection, // to the database of the queue, in a transaction
    order: String,
    customer: String,
) {
    connection.prepareStatement("UPDATE orders SET shipped = 1 WHERE id = ?").use {
        it.setString(1, order)
        it.executeUpdate()
    }
    enqueue(connection, shipped, order) { orderKey = customer } // the key of the record, too
}
// docs:end

// docs:begin kafka-duplicates

/** The other side: leaves out records that were sent again; [seen] is kept in its database. */
fun isNew(
    record: ConsumerRecord<String, String>,
    seen: MutableSet<String>,
) = seen.add(
    record
        .headers()
        .lastHeader(KafkaSender.CID)
        .value()
        .decodeToString(),
)
// docs:end
