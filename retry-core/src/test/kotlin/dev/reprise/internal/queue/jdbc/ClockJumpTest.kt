package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.ShiftedDatabase
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.internal.queue.LeaseTimes
import dev.reprise.queue.FaultyStore
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.MARGIN
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.TOLERANCE
import dev.reprise.queue.VALID
import dev.reprise.queue.charge
import dev.reprise.queue.model.CallState
import dev.reprise.queue.newCall
import dev.reprise.queue.spi.LeaseSweep
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.function.LongSupplier
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class ClockJumpTest : FunSpec({
    val server = autoClose(TestPostgres())

    test("a search that is held up judges no lease that its worker could not renew meanwhile") {
        val database = ShiftedDatabase(server.newUrl())
        JdbcCallStore(database.source).use { store ->
            store.migrate()
            store.enqueue(listOf(newCall()))
            Hand(store).join().claim().size shouldBe 1
            var shift = VALID
            var looks = 0
            val clock =
                LongSupplier {
                    if (++looks == 3) shift += MARGIN + 1_000
                    database.shift(shift.milliseconds)
                    System.currentTimeMillis() + shift
                }

            suspend fun takenOver(): Int {
                store.sweep(LeaseSweep(clock, TOLERANCE, MARGIN, 0, outageMillis = Long.MAX_VALUE, pauseMillis = 0, null))
                return store.orphans(null, 10).calls.size
            }
            List(2) { takenOver() } shouldContainExactly listOf(0, 1)
        }
    }

    test("while the clock of the database jumps, no call starts twice, no lease is lost, and nothing counts as a crash") {
        val jumps = listOf(25.seconds, -(25.seconds), 1.hours, -(1.hours))
        val databases = jumps.associateWith { ShiftedDatabase(server.newUrl()) }
        withContext(Dispatchers.IO) {
            // Each waits for its leases, most of the time: side by side.
            databases.forEach { (jump, database) -> launch { withClue("jumps by $jump") { survives(jump, database) } } }
        }
    }
}) {
    private class Workers(
        database: ShiftedDatabase,
    ) {
        val starts = ConcurrentHashMap<String, Int>()
        val release = CompletableDeferred<Unit>()
        private val running = CountDownLatch(CALLS)
        private val stores = List(2) { FaultyStore(JdbcCallStore(database.source)) }
        val queues =
            stores.map { store ->
                RetryQueue.on(store) {
                    leaseTimes = LeaseTimes(valid = 2_000, renew = 200, giveUp = 1_500, margin = 500)
                    lane("default") { concurrency = CALLS / 2 }
                    handle(charge) {
                        starts.merge(call.cid, 1, Int::plus)
                        running.countDown()
                        release.await()
                        "done"
                    }
                }
            }

        fun awaitRunning() = running.await(60, TimeUnit.SECONDS) shouldBe true

        fun awaitLooks() {
            val looks = List(2) { CountDownLatch(LOOKS) }
            stores.forEachIndexed { i, store -> store.after = { if (it == "sweep") looks[i].countDown() } }
            looks.forEach { it.await(60, TimeUnit.SECONDS) shouldBe true }
        }

        suspend fun close() {
            queues.forEach { it.shutdown() }
            stores.forEach { (it as AutoCloseable).close() }
        }
    }

    private companion object {
        const val CALLS = 8

        /** Twice as many as the validity of a lease has: for that long a clock that has jumped is not trusted. */
        const val LOOKS = 20

        suspend fun survives(
            jump: Duration,
            database: ShiftedDatabase,
        ) = coroutineScope {
            JdbcCallStore(database.source).use { it.migrate() }
            val workers = Workers(database)
            workers.queues.forEach { it.start(this) }
            val handles = workers.queues[0].enqueueAll(charge, List(CALLS) { "$it" })
            workers.awaitRunning()
            database.shift(jump)
            workers.awaitLooks()
            workers.release.complete(Unit)
            handles.map { it.awaitEnd() }.map { it.state to it.crashes }.toSet() shouldBe setOf(CallState.SUCCEEDED to 0)
            workers.starts.values.toSet() shouldContainExactly setOf(1)
            workers.queues.map { it.health().lostLeases } shouldContainExactly listOf(0L, 0L)
            workers.queues.sumOf { it.health().clockJumps } shouldBeGreaterThan 0
            workers.close()
        }
    }
}
