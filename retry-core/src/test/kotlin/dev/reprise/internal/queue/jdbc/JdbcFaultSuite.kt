package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.ManualClock
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.VALID
import dev.reprise.queue.died
import dev.reprise.queue.failed
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.target
import dev.reprise.queue.newCall
import dev.reprise.queue.noCallbacks
import dev.reprise.queue.snoozed
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.succeeded
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeIn
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import java.io.IOException
import java.sql.ResultSet
import java.time.Instant
import java.util.concurrent.ConcurrentHashMap
import javax.sql.DataSource
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")

/** What every store on a database guarantees while the database fails. [database] creates an empty one. */
fun jdbcFaultSuite(database: () -> DataSource) =
    funSpec {
        val world = lazy { FaultWorld(database()) }

        for ((name, write) in writes) {
            test("$name: whatever fails at whatever step, the operation is atomic, and can be repeated if it was not done") {
                val faulty = world.value
                val before = faulty.prepare()
                faulty.write(write)
                val steps = faulty.source.steps
                val after = faulty.snapshot()
                steps shouldBeGreaterThan 0
                for (step in 1..steps) {
                    for (fault in Fault.entries - Fault.DELAY) {
                        withClue("$fault at step $step of $steps") { faulty.play(write, step, fault, before, after) }
                    }
                }
            }
        }

        test("a queue loses nothing and counts nothing twice while many of its steps fail") {
            val source = FaultySource(database())
            val store = JdbcCallStore(source, "t_").also { it.migrate() }
            val random = Random(7)
            val seen = ConcurrentHashMap<String, Int>()
            coroutineScope {
                val queue =
                    RetryQueue.on(store) {
                        handle(charge) { if (seen.merge(it, 1, Int::plus) == 1) throw IOException("down") else "paid" }
                        callback("charged") {}
                        policy {
                            every(1.milliseconds)
                            maxAttempts(50)
                        }
                        pollInterval = 20.milliseconds
                    }
                val handles =
                    queue.enqueueAll(charge, List(60) { "$it" }) {
                        orderKey = "order ${it.toInt() % 20}"
                        callback("charged")
                    }
                source.begin { step -> Fault.entries.random(random).takeIf { step < 1500 && random.nextInt(25) == 0 } }
                queue.startWhenItCan(this)
                for (handle in handles) {
                    queue.store
                        .endOf(handle.cid)
                        .counters
                        .run { attempts to crashes } shouldBe (2 to 0)
                }
                source.begin()
                queue.shutdown(30.seconds)
            }
            val left = RetryQueue.on(store) { callback("charged") {} }
            coroutineScope {
                left.start(this)
                while (store.counts().any { !it.state.isEnd }) delay(20.milliseconds)
                left.shutdown()
            }
            store.counts() shouldContainExactlyInAnyOrder
                listOf(CallCount("charge", CallState.SUCCEEDED, 60), CallCount("charged", CallState.SUCCEEDED, 60))
        }
    }

/** The first statements of a queue can fail like all others; then it can be started again. */
private suspend fun RetryQueue.startWhenItCan(scope: CoroutineScope): Job {
    while (true) {
        try {
            return start(scope)
        } catch (_: StoreUnavailableException) {
            // The next attempt takes other steps of the faulty source.
        }
    }
}

private suspend fun CallStore.endOf(cid: String): StoredCall {
    while (true) {
        val call =
            try {
                find(cid)
            } catch (e: StoreUnavailableException) {
                null
            }
        if (call?.state?.isEnd == true) return call
        delay(20.milliseconds)
    }
}

private typealias Write = suspend FaultWorld.(JdbcCallStore) -> Unit

/** The writes of a store, each on what [FaultWorld.prepare] has made. */
private val writes: Map<String, Write> =
    mapOf(
        "enqueue" to { store ->
            val error = AttemptError(1, Instant.EPOCH, "java.io.IOException", "down", null)
            store.enqueue(
                listOf(
                    newCall(cid = "e1") { copy(orderKey = "o", uniqueKey = "fresh", firstFailure = error) },
                    newCall(cid = "e2") { copy(uniqueKey = "taken") },
                    newCall(cid = "e3") { copy(orderKey = "p", delayMillis = 5, claimedBy = "worker") },
                ),
            )
        },
        "claim" to { store -> store.claim(ClaimRequest("worker", "default", mapOf("charge" to 9), 9)) },
        "settle" to { store -> store.settle(listOf(running[0].ended(), running[1].failed(), running[2].died())) },
        "settle for much later" to { store -> store.settle(listOf(running[0].snoozed(90_000), running[1].failed(90_000))) },
        "settle without a trace" to { store -> store.settle(listOf(running[0].ended().copy(keepsSucceeded = false))) },
        "promote" to { store -> store.promote(limit = 10) },
        "openLease" to { store -> store.openLease("another", "hand", isNamed = true, VALID) },
        "renewLease" to { store -> store.renewLease("worker", 2 * VALID) },
        "closeLease" to { store -> store.closeLease("worker") },
        "purge" to { store -> store.purge(limit = 10) },
        "cancel" to { store -> store.cancel("waiting") { _, _ -> listOf(newCall("told", cid = "t2")) } },
        "cancel a held call" to { store -> store.cancel("h3", noCallbacks) },
        "cancel a running call" to { store -> store.cancel("r2", noCallbacks) },
        "replay" to { store -> store.replay(listOf("d1", "d2")) },
        "discard" to { store -> store.discard(listOf("d1", "d2")) },
        "pause" to { store -> store.pause("default", paused = true) },
        "resume" to { store -> store.pause("slow", paused = false) },
    )

private fun StoredCall.ended() =
    with(succeeded()) {
        Settlement(call, to, result, response = response, callbacks = listOf(newCall("told", cid = "t1")))
    }

private class FaultWorld(
    private val real: DataSource,
) {
    private val clock = ManualClock()
    private val clean = JdbcCallStore(real, "t_", 30.seconds, clock)
    val source = FaultySource(real)
    private val store = JdbcCallStore(source, "t_", 30.seconds, clock)
    private var isMade = false
    var running: List<StoredCall> = emptyList()
        private set

    /** Creates new calls in all states; returns what the database then contains. */
    suspend fun prepare(): Map<String, List<String>> {
        if (!isMade) clean.migrate()
        isMade = true
        real.connection.use { connection -> TABLES.forEach { connection.createStatement().execute("DELETE FROM t_$it") } }
        val hand = Hand(clean, "worker").join()
        clean.enqueue(listOf("d1", "d2", "s1").map { new(it) { copy(orderKey = "dead $it", onDeadPredecessor = OnDeadPredecessor.BLOCK) } })
        val (first, second, third) = hand.claim()
        clean.settle(listOf(first.died(), second.died(), third.succeeded().copy(retainMillis = 0)))
        clean.enqueue(
            listOf(
                new("r1") { copy(orderKey = "o", uniqueKey = "u", priority = 9) },
                new("r2") { copy(priority = 9) },
                new("r3") { copy(orderKey = "q", onDeadPredecessor = OnDeadPredecessor.SKIP, priority = 9) },
            ),
        )
        running = hand.claim()
        clean.enqueue(
            listOf(
                new("h1") { copy(orderKey = "o") },
                new("h2") { copy(orderKey = "q") },
                new("waiting") { copy(uniqueKey = "taken", orderKey = "w", callbacks = listOf("told")) },
                new("h3") { copy(orderKey = "w") },
                new("soon") { copy(delayMillis = 90_000) },
            ),
        )
        real.connection.use { it.createStatement().execute("UPDATE t_waiting SET due_at = due_at - 60000 WHERE cid = 'soon'") }
        clean.pause("slow", paused = true)
        return snapshot()
    }

    private fun new(
        cid: String,
        change: NewCall.() -> NewCall,
    ) = newCall(cid = cid, change = change)

    suspend fun write(write: Write) {
        source.begin()
        write(store)
    }

    suspend fun play(
        write: Write,
        step: Int,
        fault: Fault,
        before: Map<String, List<String>>,
        after: Map<String, List<String>>,
    ) {
        prepare() shouldBe before
        source.begin { if (it == step) fault else null }
        val failure = runCatching { write(store) }.exceptionOrNull()
        val found = snapshot()
        if (failure == null) found shouldBe after else failure.shouldBeInstanceOf<StoreUnavailableException>()
        found shouldBeIn listOf(before, after)
        source.begin()
        if (fault == Fault.DROP) awaitRollback()
        val again = runCatching { write(store) }.exceptionOrNull()
        // An accepted call has its id: the same one is not accepted twice.
        if (again != null) again.shouldBeInstanceOf<InvalidCallException>()
        snapshot() shouldBe after
    }

    /** Everything in the database except what only counts rows. */
    fun snapshot(): Map<String, List<String>> =
        real.connection.use { connection ->
            val statement = connection.createStatement()
            val tables = (TABLES - "state_count").associateWith { statement.executeQuery("SELECT * FROM t_$it").use(::rows) }
            val sums = "SELECT handler, state, sum(delta) FROM t_state_count GROUP BY handler, state HAVING sum(delta) <> 0"
            tables + ("state_count" to statement.executeQuery(sums).use(::rows))
        }

    /** The server ends the transaction of a lost connection when it notices the loss; until then its rows are locked, and skipped. */
    private suspend fun awaitRollback() {
        if (real.connection.use { it.metaData.databaseProductName } != "PostgreSQL") return
        val others =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        while (real.connection.use { it.createStatement().executeQuery(others).use { row -> row.next() && row.getInt(1) > 0 } }) {
            delay(1.milliseconds)
        }
    }

    private fun rows(rows: ResultSet): List<String> {
        val all = ArrayList<String>()
        while (rows.next()) all += (1..rows.metaData.columnCount).joinToString { cell(rows, it) }
        return all.sorted()
    }

    private fun cell(
        row: ResultSet,
        column: Int,
    ): String = row.getObject(column).let { if (it is ByteArray) it.decodeToString() else "$it" }

    private companion object {
        val TABLES =
            CallLocation.entries.map { it.table } +
                listOf("error", "trace", "order_key", "order_pending", "unique_key", "lease", "sweep", "paused_lane", "state_count")
    }
}
