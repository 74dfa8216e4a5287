@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.console

import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.CallStore
import dev.reprise.workflow.InMemoryWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.graph
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.times
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestCoroutineScheduler
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.net.ConnectException
import java.time.Instant
import java.time.InstantSource
import kotlin.random.Random
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

internal val charge: Target<String, String> = Target("charge", PayloadCodec.Text, PayloadCodec.Text, describe = { "charge order $it" })
internal val ship: Target<String, String> = Target("ship", PayloadCodec.Text, PayloadCodec.Text, describe = { "ship parcel $it" })
internal val email: Target<String, String> = Target("email", PayloadCodec.Text, PayloadCodec.Text, describe = { "email to customer $it" })
internal val import: Target<String, String> = Target("import", PayloadCodec.Text, PayloadCodec.Text)

class MailboxFullException(
    message: String,
) : IOException(message)

class UnknownAddressException(
    message: String,
) : RuntimeException(message)

/** The end of a test does not close the lease of its worker, so that there is one to look at. */
@OptIn(RepriseSpi::class)
private class StayingStore(
    store: CallStore,
) : CallStore by store {
    override suspend fun closeLease(nonce: String) = Unit
}

/**
 * Five hours of an order service in virtual time: the gateway of the payments has been away for a while, a parcel has no address, and one
 * mailbox is full.
 */
class Showcase {
    private val start = Instant.parse("2026-11-29T09:00:00Z")
    private val scheduler = TestCoroutineScheduler()
    private var more = 0L

    val now: Instant get() = start.plusMillis(scheduler.currentTime + more)
    val clock: InstantSource = InstantSource { now }
    val store = InMemoryCallStore { now.toEpochMilli() }
    val workflows = InMemoryWorkflowStore(clock = clock)

    /** The calls that pages and tests point at. */
    lateinit var retrying: CallHandle<String>
    lateinit var blocked: CallHandle<String>

    init {
        runTest(StandardTestDispatcher(scheduler)) {
            play()
        }
    }

    private suspend fun TestScope.play() {
        val queue = queue()
        queue.start(backgroundScope)
        history(queue)
        operate(queue)
        delay(3.seconds)
    }

    private fun TestScope.queue() =
        RetryQueue.on(StayingStore(store)) {
            workerName = "orders-2"
            applicationVersion = "7.2.0"
            random(Random(7))
            handle(charge, lane = "payments", version = 4) { order ->
                delay(200.milliseconds)
                if (currentTime > OUTAGE || (order.endsWith("7") && currentTime < OLD)) throw refused()
                "charged $order"
            }
            handle(ship, lane = "shipping", version = 2) { parcel ->
                delay(1.seconds)
                if (parcel.startsWith("?")) throw UnknownAddressException("no address for parcel $parcel")
                "shipped"
            }
            handle(
                email,
                version = 1,
            ) { if (it.endsWith("3")) throw MailboxFullException("452 mailbox of customer $it is full") else "sent" }
            handle(import, lane = "imports") {
                delay(10.hours)
                "imported"
            }
            lane("payments") { concurrency = 16 }
            lane("imports") { concurrency = 2 }
        }

    private fun refused() =
        IOException("POST /charges failed", ConnectException("Connection refused: gateway.example/10.0.3.7:443"))
            .let { ConnectException("Connection refused: gateway.example/10.0.3.7:443").apply { initCause(it) } }

    private suspend fun history(queue: RetryQueue) {
        for (minute in 0 until 280) {
            val order = "%05d".format(41_000 + minute)
            val call =
                queue.enqueue(charge, order) {
                    policy(
                        if (minute <
                            60
                        ) {
                            "exponential(10s, max=1m) maxAttempts(4)"
                        } else {
                            "exponential(10s, max=30m) maxAttempts(81) maxDuration(3d)"
                        },
                    )
                    tags("shop:${minute % 4}", "priority")
                    uniqueKey("order/$order")
                    header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                }
            if (minute == 233) retrying = call
            queue.enqueue(email, "$minute") { policy("exponential(5m, max=1h) maxAttempts(12)") }
            if (minute % 5 == 0) parcel(queue, minute)
            if (minute == 268) runs()
            delay(1.minutes)
        }
        repeat(3) { queue.enqueue(import, "catalogue $it") }
        queue.enqueueAll(email, List(140) { "newsletter $it" }) { delay = 23.minutes }
    }

    private suspend fun parcel(
        queue: RetryQueue,
        minute: Int,
    ) {
        val customer = "customer/${minute % 20}"
        val call =
            queue.enqueue(ship, if (minute == 250) "?$minute" else "$minute") {
                orderKey(customer)
                policy("every(1s) maxAttempts(2)")
            }
        if (minute == 270) blocked = call
    }

    private suspend fun operate(queue: RetryQueue) {
        queue
            .operator(
                Actor("ada", Actor.Via.CONSOLE),
            ).act(OperatorAction.RetryNow(), CallQuery.ALL.handlers("charge").states(CallState.READY), false, "gateway was restarted", 20)
        queue.operator(Actor("grace", Actor.Via.CLI)).pause("imports", "the catalogue is being migrated")
    }

    private suspend fun runs() {
        val engine = WorkflowEngine(workflows) { clock = this@Showcase.clock }
        engine.execute(trip(fails = false), id = "trip 41006")
        engine.execute(trip(fails = true), id = "trip 41007")
    }

    private fun trip(fails: Boolean) =
        graph("trip") {
            val flight = task("book flight") { "LH 454" } revert { step() }
            val hotel =
                linear("hotel", retry = times(3)) {
                    task("find room") { "204" } revert { step() }
                    task("pay deposit") { if (fails) throw ConnectException("Connection refused: bank.example") } revert { step() }
                }
            val visa = task("request visa") { } revert { step() }
            val tickets = task("send tickets") { }
            link(flight, hotel)
            link(flight, visa)
            link(hotel, tickets)
            link(visa, tickets)
        }

    /** Reverts are apart in time, so that their order is known. */
    private fun step() {
        more += 40
    }

    private companion object {
        val OLD = 1.hours.inWholeMilliseconds
        val OUTAGE = 3.6.hours.inWholeMilliseconds
    }
}
