package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.BoundedPool
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.internal.queue.LeaseTimes
import dev.reprise.queue.FaultyStore
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.VALID
import dev.reprise.queue.charge
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class ReservedConnectionTest : FunSpec({
    val server = autoClose(TestPostgres())

    test("a store that is closed takes no connection again, whatever comes late") {
        val pool = BoundedPool(server.newDatabase(), 5)
        val store = JdbcCallStore(pool).also { it.migrate() }
        val hand = Hand(store).join()
        store.close()
        shouldThrow<StoreUnavailableException> { store.renewLease(hand.nonce, VALID) }
        shouldThrow<StoreUnavailableException> { store.settle(emptyList()) }
        pool.inUse shouldBe 0
    }

    test("callers who wait for the lock of an order take neither the lease nor the results from a worker") {
        val source = server.newDatabase()
        val store = JdbcCallStore(BoundedPool(source, 5)).also { it.migrate() }
        val outside = JdbcCallStore(source)
        val renewals = AtomicInteger()
        val isRenewed = CompletableDeferred<Unit>()
        val watched =
            FaultyStore(store).apply {
                after =
                    { if (it == "renewLease" && renewals.incrementAndGet() == 30) isRenewed.complete(Unit) }
            }
        val goOn = CompletableDeferred<Unit>()
        val isRunning = CompletableDeferred<Unit>()
        val queue =
            RetryQueue.on(watched) {
                leaseTimes = LeaseTimes(valid = 2_000, renew = 200, giveUp = 1_500)
                handle(charge) {
                    isRunning.complete(Unit)
                    goOn.await()
                    "done"
                }
            }
        coroutineScope {
            queue.start(this)
            val handle = queue.enqueue(charge, "42")
            isRunning.await()
            source.connection.use { blocker ->
                blocker.autoCommit = false
                RetryQueue.on(outside).enqueue(blocker, target("later"), "0") { orderKey = "customer/7" }
                val callers = List(8) { launch(Dispatchers.IO) { queue.enqueue(target("later"), "$it") { orderKey = "customer/7" } } }
                withTimeout(60.seconds) { isRenewed.await() }
                goOn.complete(Unit)
                withTimeout(60.seconds) { RetryQueue.on(outside).awaitEnd(handle.cid) }
                blocker.commit()
                callers.forEach { it.join() }
            }
            handle.awaitEnd().run { state to claims } shouldBe (CallState.SUCCEEDED to 1)
            queue.health().lostLeases shouldBe 0
            queue.shutdown()
        }
        store.close()
    }

    test("a result that waits for the transaction of a caller does not take the lease from a worker") {
        val source = server.newDatabase()
        val store = JdbcCallStore(source).also { it.migrate() }
        val outside = RetryQueue.on(JdbcCallStore(source))
        val renewals = AtomicInteger()
        val isRenewed = CompletableDeferred<Unit>()
        var isSettling = false
        val watched =
            FaultyStore(store).apply {
                before = { if (it == "settle") isSettling = true }
                after = { if (it == "renewLease" && isSettling && renewals.incrementAndGet() == 15) isRenewed.complete(Unit) }
            }
        val goOn = CompletableDeferred<Unit>()
        val queue =
            RetryQueue.on(watched) {
                leaseTimes = LeaseTimes(valid = 2_000, renew = 200, giveUp = 1_500)
                handle(charge) { goOn.await().let { "done" } }
            }
        coroutineScope {
            val handle = outside.enqueue(charge, "42")
            queue.start(this)
            while (outside.find(handle.cid)!!.state != CallState.RUNNING) delay(10.milliseconds)
            source.connection.use { blocker ->
                blocker.autoCommit = false
                outside.cancel(blocker, handle.cid) shouldBe CancelResult.REQUESTED
                goOn.complete(Unit)
                withTimeout(60.seconds) { isRenewed.await() }
                blocker.commit()
                blocker.autoCommit = true
            }
            handle.awaitEnd().run { state.isEnd to claims } shouldBe (true to 1)
            queue.health().lostLeases shouldBe 0
            queue.shutdown()
        }
        store.close()
    }

    for (size in 1..3) {
        test("a queue works with a pool of $size, and returns all of it") {
            val pool = BoundedPool(server.newDatabase(), size)
            val store = JdbcCallStore(pool).also { it.migrate() }
            coroutineScope {
                val queue =
                    RetryQueue.on(store) {
                        workerName = "worker-1"
                        handle(charge) { it }
                    }
                queue.start(this)
                queue.enqueueAll(charge, List(20) { "$it" }) { orderKey = "${it.toInt() % 3}" }.map { it.await() } shouldBe
                    List(20) { "$it" }
                List(5) { async(Dispatchers.IO) { queue.enqueue(charge, "$it").await() } }.awaitAll() shouldBe List(5) { "$it" }
                queue.shutdown()
            }
            store.close()
            pool.inUse shouldBe 0
        }
    }
})
