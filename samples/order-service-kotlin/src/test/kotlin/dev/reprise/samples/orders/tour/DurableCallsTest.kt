package dev.reprise.samples.orders.tour

import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.ReloadingHandlers
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.sqlite.SQLiteDataSource
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** The examples of the guide about durable calls. */
class DurableCallsTest :
    FunSpec({
        val databases = tempdir().toPath()
        val folder = tempdir().toPath()
        val charge = target("charge")
        val gateway = Gateway()

        beforeTest { gateway.failures = 0 }

        suspend fun TestScope.queue(block: RetryQueueBuilder.() -> Unit) =
            RetryQueue.on(InMemoryCallStore { currentTime }, block).also { it.start(backgroundScope) }

        test("a queue in a file") {
            val file = databases.resolve("calls.db")
            gateway.failures = 1
            coroutineScope {
                // docs:begin durable-queue
                val charge = target("charge") // text in, text out; a value that callers and handlers share
                val queue = RetryQueue.open(file) {
                    handle(charge) { order -> gateway.charge(order, idempotencyKey = call.cid) }
                }
                queue.start(this) // everything it does is a child of this scope

                val call = queue.enqueue(charge, "42 EUR") {
                    policy {
                        every(1.seconds)
                        maxAttempts(5)
                    }
                }
                val receipt = call.await() // here or in another process, now or after a restart
                queue.shutdown(grace = 10.seconds)
                // docs:end
                receipt shouldBe "42 EUR paid with ${call.cid}"
            }
        }

        test("a queue in a database") {
            val dataSource = SQLiteDataSource().apply { url = "jdbc:sqlite:$databases/charges.db" }
            val handlers: RetryQueueBuilder.() -> Unit = { handle(charge) { it } }
            // docs:begin durable-jdbc
            val store = JdbcCallStore(dataSource) // PostgreSQL or SQLite
            store.migrate()
            val queue = RetryQueue.on(store, handlers)
            // docs:end
            queue.enqueue(charge, "42").isNew shouldBe true
            store.close()
        }

        test("options of a call") {
            runTest {
                val queue = queue {
                    handle(charge) { it }
                    callback("charged") { }
                }
                // docs:begin durable-options
                queue.enqueue(charge, "42 EUR") {
                    policy {
                        exponential(1.seconds, max = 1.hours)
                        maxAttempts(10)
                    }
                    uniqueKey = "order/42" // a duplicate gets the first one, until that has ended
                    uniqueFor = 1.days // and for a day after that
                    orderKey = "customer/7" // one after the other, in the order they came
                    priority = 9
                    delay = 10.minutes
                    deadline = Instant.now().plusSeconds(86_400)
                    callback("charged")
                    context = "order 42"
                }
                // docs:end
                queue.counts() shouldHaveSize 1
            }
        }

        test("a callback is notified how a call ended") {
            runTest {
                val told = ArrayList<CallOutcome>()
                gateway.failures = 2
                // docs:begin durable-callback
                val queue = RetryQueue.on(InMemoryCallStore { currentTime }) {
                    handle(charge) { order -> gateway.charge(order, idempotencyKey = call.cid) }
                    callback("charged") { outcome -> told += outcome } // a durable call too: it is retried until it returns
                }
                // docs:end
                queue.start(backgroundScope)
                val call = queue.enqueue(charge, "42") {
                    policy(RetryPolicies.zato(3, seconds = 10))
                    callback("charged")
                    context = "order 7"
                }
                call.await()
                runCurrent()
                told.single().response shouldBe "42 paid with ${call.cid}"
                told.single().retrySeconds shouldBe 10.0
            }
        }

        test("three ways to invoke") {
            runTest {
                val queue = queue {
                    handle(charge) { gateway.charge(it, call.cid) }
                    callback("charged") { }
                }
                val order = "42"
                // docs:begin durable-modes
                val receipt = queue.invoke(charge, order) {
                    every(1.seconds)
                    maxAttempts(3)
                }

                val first = queue.invokeOrDefer(charge, order) {
                    policy(RetryPolicies.zato(3, minutes = 10))
                    callback("charged")
                }
                val answer = when (first) {
                    is InvokeResult.Completed -> "paid: ${first.value}"
                    is InvokeResult.Deferred -> "we will tell you, ask for ${first.cid}"
                }

                val call = queue.enqueue(charge, order) {
                    policy(RetryPolicies.zato(3, seconds = 30))
                    callback("charged")
                }
                // docs:end
                answer.take(6) shouldBe "paid: "
                receipt.take(8) shouldBe "42 paid "
                call.awaitEnd().state shouldBe CallState.SUCCEEDED
                gateway.failures = 1
                queue
                    .invokeOrDefer(
                        charge,
                        order,
                    ) { policy(RetryPolicies.zato(1, seconds = 1)) }
                    .shouldBeInstanceOf<InvokeResult.Deferred>()
            }
        }

        test("dead letters") {
            runTest {
                val queue = queue {
                    handle(charge) { throw IOException("a bug in version 1") }
                    policy { maxAttempts(2) }
                }
                queue.enqueue(charge, "42").awaitEnd()
                // docs:begin durable-dead
                for (call in queue.deadCalls(limit = 10)) {
                    println("${call.cid} ${call.handler}: ${call.deadReason}, ${queue.errors(call.cid).lastOrNull()?.message}")
                }
                queue.replaceHandler(charge, version = 2) { order -> gateway.charge(order, call.cid) }
                val which = queue.replay(dryRun = true) { it.handler == "charge" && (it.handlerVersion ?: 0) < 2 }
                queue.replay { it.cid in which } // ready again, each with its policy from the beginning
                // docs:end
                which.size shouldBe 1
                delay(1.seconds)
                queue.deadCalls().shouldBeEmpty()
            }
        }

        test("code is repaired while the queue runs") {
            classFilesOf<RepairedCharge>(folder)
            runTest {
                // docs:begin durable-reloading
                val handlers = ReloadingHandlers(folder) // drop a repaired jar in, and the next attempt runs it
                val queue = RetryQueue.on(InMemoryCallStore { currentTime }) {
                    handle(charge, handlers.handler("dev.reprise.samples.orders.tour.RepairedCharge"))
                }
                // docs:end
                queue.start(backgroundScope)
                val call = queue.enqueue(charge, "42")
                call.await() shouldBe "42 charged by version 3"
                queue.find(call.cid)!!.handlerVersion shouldBe 3
                handlers.close()
            }
        }

        test("questions") {
            runTest {
                val queue = queue { handle(charge) { it } }
                val call = queue.enqueue(charge, "42") { delay = 10.minutes }
                // docs:begin durable-why
                val why = queue.why(call.cid) // NOT_DUE, "it is due at 2026-01-01T00:10:00Z, after 0 attempts"
                queue.pause("default") // in all processes, until resume
                val health = queue.health()
                if (!health.isHealthy) println("the store has been down for ${health.storeDownFor}: ${health.storeFailure}")
                queue.cancel(call.cid)
                // docs:end
                why.reason shouldBe Diagnosis.Reason.NOT_DUE
            }
        }

        test("steps of a retried handler") {
            runTest {
                val steps = ArrayList<String>()
                // docs:begin durable-steps
                val queue = RetryQueue.on(InMemoryCallStore { currentTime }) {
                    handle(target("order")) { order ->
                        if (order.isBlank()) reject("an order without goods") // dead at once, whatever the policy says
                        if (currentTime < 3_600_000) snooze(1.hours) // called again later; no attempt is used up
                        enqueueOnce("charge", charge, order) // once per order, however often this handler is attempted
                        if (attempt < 3) throw IOException("the warehouse is closed")
                        "done"
                    }
                    handle(charge) { order -> "$order charged".also { steps += it } }
                }
                // docs:end
                queue.start(backgroundScope)
                queue.enqueue("order", "42").await() shouldBe "done"
                runCurrent()
                steps shouldContainExactly listOf("42 charged")
                queue.enqueue("order", " ").awaitEnd().state shouldBe CallState.DEAD
            }
        }

        test("a call continues when others have ended") {
            runTest {
                val pack = target("pack")
                // docs:begin durable-fan-in
                val queue = RetryQueue.on(InMemoryCallStore { currentTime }) {
                    handle(target("order")) { order ->
                        val parts = order.split(' ').map { enqueueOnce(it, pack, it) }
                        awaitEnds(parts) // snoozes this call until all of them have ended
                        parts.map { it.await() }.joinToString()
                    }
                    handle(pack) { part -> "$part packed" }
                }
                // docs:end
                queue.start(backgroundScope)
                queue.enqueue("order", "a b").await() shouldBe "a packed, b packed"
            }
        }

        test("a custom codec") {
            runTest {
                // docs:begin durable-codec
                class Order(
                    val id: String,
                    val cents: Int,
                )

                val orders = object : PayloadCodec<Order> {
                    override val name = "order"

                    override fun encode(value: Order) = "${value.id}:${value.cents}".encodeToByteArray()

                    override fun decode(
                        bytes: ByteArray,
                        version: Int, // of the target the bytes were written for
                    ) = bytes.decodeToString().split(':').let { (id, cents) -> Order(id, cents.toInt()) }
                }
                val pay = Target("pay", request = orders, response = PayloadCodec.Text, version = 1)
                // docs:end
                val queue = queue { handle(pay) { "${it.id} paid ${it.cents}" } }
                queue.enqueue(pay, Order("7", 4200)).await() shouldBe "7 paid 4200"
            }
        }

        // docs:begin durable-testing
        test("three days of retries, in milliseconds") {
            runTest {
                val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handle(charge) { throw IOException("down") } }
                queue.start(backgroundScope)
                queue
                    .enqueue(charge, "42 EUR")
                    .awaitEnd()
                    .attempts shouldBe 81
            }
        }
        // docs:end
    })

/** Takes money, after some failures. */
class Gateway {
    var failures = 0

    fun charge(
        order: String,
        idempotencyKey: String,
    ): String = if (failures-- > 0) throw IOException("down") else "$order paid with $idempotencyKey"
}
