package dev.reprise.samples.orders

import dev.reprise.jfr.FlightRecording
import dev.reprise.policy.Jitter
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.target
import java.io.IOException
import javax.sql.DataSource
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Charges an order, by its id; returns the receipt. */
val charge = target("charge")

/** How orders are charged, and what is done when one is. */
fun RetryQueueBuilder.charging(
    payments: Payments,
    book: OrderBook,
    say: (String) -> Unit,
) {
    handle(charge) { order ->
        try {
            payments.charge(order, key = call.cid).also { say("order $order: the gateway took the money, $it") }
        } catch (e: IOException) {
            say("order $order: attempt $attempt failed, the gateway is unreachable")
            throw e
        }
    }
    callback("charged") { outcome ->
        val receipt = outcome.response
        if (outcome.ok && receipt != null) book.paid(checkNotNull(outcome.context), receipt)
        say("order ${outcome.context}: ${if (outcome.ok) "paid" else "not paid, its charge is ${outcome.state}"}")
    }
    policy {
        on<IOException>()
        exponential(500.milliseconds, max = 1.hours)
        jitter(Jitter.NONE)
        attemptTimeout(10.seconds)
        maxDuration(3.days)
    }
}

/** A shop that takes orders whether or not the gateway can be reached. */
class Shop(
    database: DataSource,
    payments: Payments,
    name: String,
    say: (String) -> Unit,
) {
    val orders = Orders(database)
    private val store = JdbcCallStore(database)
    val queue =
        RetryQueue.on(store) {
            workerName = name
            listener(FlightRecording())
            charging(payments, orders, say)
        }

    suspend fun open() {
        store.migrate()
        orders.open()
    }

    /** The order and its charge are stored together, or neither is. */
    suspend fun place(
        order: String,
        goods: String,
    ): CallHandle<String> =
        // docs:begin durable-transaction
        orders.transaction { connection ->
            orders.add(connection, order, goods)
            queue.enqueue(connection, charge, order) {
                uniqueKey = "order/$order"
                callback("charged")
                context = order
            }
        }
    // docs:end

    /** Lets running charges end, and releases the others. */
    suspend fun close() {
        queue.shutdown(grace = 5.seconds)
        store.close()
    }
}
