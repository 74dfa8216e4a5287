package dev.reprise.samples.temporal

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.target
import dev.reprise.temporal.TemporalCallQueue
import dev.reprise.temporal.TemporalWorker
import io.temporal.client.WorkflowClient
import kotlinx.coroutines.CoroutineScope
import javax.sql.DataSource
import kotlin.time.Duration.Companion.minutes

/** Takes money; the same [key][charge] twice takes it once. */
fun interface Gateway {
    suspend fun charge(
        request: String,
        key: String,
    ): String
}

/** Charges a customer. */
val charge = target("charge")

/** The payments of the shop, which a Temporal server keeps. */
fun payments(
    client: WorkflowClient,
    gateway: Gateway,
    say: (String) -> Unit,
): TemporalCallQueue {
    // docs:begin temporal-queue
    val handlers = HandlerRegistry.of {
        handle(charge, lane = "payments") { request -> gateway.charge(request, key = call.cid) }
        callback("charged") { outcome -> say("${outcome.state} after ${outcome.attempts} attempts") }
        lane("payments") { concurrency = 20 }
        policy {
            exponential(1.minutes)
            maxAttempts(60)
        }
    }
    return TemporalCallQueue(client, "shop", handlers)
    // docs:end
}

/** Runs the payments in this process. */
fun work(
    payments: TemporalCallQueue,
    scope: CoroutineScope,
): TemporalWorker {
    // docs:begin temporal-worker
    val worker = TemporalWorker(payments)
    worker.start(scope) // the handlers run in this scope; worker.stop(grace) before the program ends
    // docs:end
    return worker
}

/** Sells: the customer's payments run one after the other, and one order is paid once. */
suspend fun sell(
    payments: TemporalCallQueue,
    order: String,
    customer: String,
): String {
    // docs:begin temporal-enqueue
    val handle = payments.enqueue(charge, "42 EUR") {
        uniqueKey = "order/$order"
        orderKey = "customer/$customer"
        callback("charged")
    }
    return handle.await() // or leave it to the callback
    // docs:end
}

/** Sends what is enqueued in the shop's database to Temporal. */
fun outbox(
    database: DataSource,
    payments: TemporalCallQueue,
): RetryQueue {
    // docs:begin temporal-outbox
    // In a transaction: outbox.enqueue(connection, charge, "42 EUR")
    return RetryQueue.jdbc(database) {
        handle(charge) { request -> payments.enqueueAs(call.cid, charge, request).cid }
    }
    // docs:end
}
