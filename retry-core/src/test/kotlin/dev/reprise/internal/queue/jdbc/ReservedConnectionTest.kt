package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.BoundedPool
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.internal.queue.LeaseTimes
import dev.reprise.queue.FaultyStore
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.charge
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.seconds

class ReservedConnectionTest : FunSpec({
    val server = autoClose(TestPostgres())

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
})
