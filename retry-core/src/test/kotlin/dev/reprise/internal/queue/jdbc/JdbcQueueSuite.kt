package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.counters
import dev.reprise.queue.died
import dev.reprise.queue.judge
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.SchemaException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import dev.reprise.queue.newCall
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.succeeded
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.comparables.shouldBeBetween
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import java.util.TimeZone
import java.util.concurrent.CopyOnWriteArrayList
import javax.sql.DataSource
import kotlin.math.abs
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")

/** The threads that are running code of queues and their stores. */
private fun threadsInQueues(): Set<Thread> =
    Thread
        .getAllStackTraces()
        .filter { (thread, frames) -> thread !== Thread.currentThread() && frames.any { it.className.startsWith("dev.reprise.") } }
        .keys

/** What a queue does on every store that keeps its calls in a database. [database] creates an empty one. */
fun jdbcQueueSuite(database: () -> DataSource) =
    funSpec {
        suspend fun store(source: DataSource = database()) = JdbcCallStore(source, "t_").also { it.migrate() }

        test("workers whose clocks differ by hours share the work by the clock of the database") {
            val store = store()
            val early = store.seenFrom(offsetMillis = -1.hours.inWholeMilliseconds)
            val late = store.seenFrom(offsetMillis = 1.hours.inWholeMilliseconds)
            coroutineScope {
                val queues =
                    listOf(early, late).map { seen ->
                        RetryQueue.on(seen) {
                            handle(charge) { "paid" }
                            pollInterval = 20.milliseconds
                        }
                    }
                val handles = queues.flatMap { queue -> queue.enqueueAll(charge, List(20) { "$it" }) { delay = 50.milliseconds } }
                val future = queues[0].enqueue(charge, "future") { delay = 30.minutes() }
                queues.forEach { it.start(this) }
                for (handle in handles) {
                    val call = handle.awaitEnd()
                    call.counters shouldBe CallCounters(claims = 1, attempts = 1)
                    call.enqueuedAt shouldBeLessThan call.endedAt!!
                }
                queues[0].find(future.cid)!!.counters.claims shouldBe 0
                queues.forEach { it.shutdown() }
            }
        }

        test("neither the session's nor the program's time zone changes an instant") {
            val source = database()
            store(source)
            val zone = TimeZone.getDefault()
            try {
                for (name in listOf("Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Europe/Berlin")) {
                    TimeZone.setDefault(TimeZone.getTimeZone(name))
                    val store = JdbcCallStore(source.inZone(name), "t_")
                    val before = System.currentTimeMillis()
                    val hand = Hand(store).join()
                    val cid = store.enqueue(listOf(newCall())).single().cid
                    val call = hand.claim().single()
                    call.cid shouldBe cid
                    for (instant in listOf(call.enqueuedAt, call.dueAt, call.claim!!.at)) {
                        instant.shouldBeBetween(before - 1000, System.currentTimeMillis() + 1000)
                    }
                    hand.settle(call.succeeded())
                    abs(store.find(cid)!!.endedAt!! - before) shouldBeLessThan 60_000L
                }
            } finally {
                TimeZone.setDefault(zone)
            }
        }

        test("after a shutdown no thread runs code of the queue") {
            val before = threadsInQueues()
            val store = store(database())
            coroutineScope {
                val queue = RetryQueue.on(store) { handle(charge) { withContext(Dispatchers.IO) { "paid" } } }
                queue.start(this)
                List(20) { queue.enqueue(charge, "$it") }.forEach { it.await() }
                queue.shutdown()
            }
            store.close()
            // One that is just leaving may be seen on its last line.
            withTimeoutOrNull(10.seconds) { while ((threadsInQueues() - before).isNotEmpty()) yield() }
            (threadsInQueues() - before).shouldBeEmpty()
        }

        test("no transaction is open while a handler runs") {
            val source = FaultySource(database())
            val store = store(source)
            val seen = CopyOnWriteArrayList<String>()
            coroutineScope {
                // Others claim and settle at the same time: their transactions end without this handler, its own would not.
                val queue =
                    RetryQueue.on(store) {
                        handle(charge) {
                            val none = withTimeoutOrNull(10.seconds) { while (source.transactions > 0) yield() }
                            "paid".also { seen += if (none == null) "open all the time" else "none" }
                        }
                    }
                queue.start(this)
                repeat(5) { queue.enqueue(charge, "$it").await() }
                queue.shutdown()
            }
            seen.toList() shouldBe List(5) { "none" }
        }

        test("corrupt rows stop neither the sweep nor the claims of other rows") {
            val source = database()
            val store = store(source)
            val cids = store.enqueue(List(5) { newCall() }).map { it.cid }
            Hand(store).join().claim(limit = 3)
            source.connection.use { connection ->
                val statement = connection.createStatement()
                statement.execute(
                    "UPDATE t_call SET crashed_at = 'yesterday', policy = 'whenever', policy_state = '?' WHERE cid = '${cids[0]}'",
                )
                statement.execute("UPDATE t_call SET codec = 'lost', payload_version = -1, callbacks = 'unknown' WHERE cid = '${cids[3]}'")
                statement.execute("UPDATE t_lease SET valid_until = 0")
            }
            store.judge()
            val orphans = store.orphans(null, 10).calls
            orphans.map { it.cid } shouldBe cids.take(3)
            store.settle(orphans.map { Settlement(it, CallState.READY, AttemptResult.CRASHED) })
            coroutineScope {
                val queue = RetryQueue.on(store) { handle(charge) { if (it == "42") "paid" else error(it) } }
                queue.start(this)
                for (cid in cids - cids[0] - cids[3]) queue.awaitEnd(cid).state shouldBe CallState.SUCCEEDED
                queue.shutdown()
            }
            store.errors(cids[3]).map { it.message } shouldContain "the payload was written by the codec 'lost', but 'charge' reads 'text'"
            store.find(cids[3])!!.state shouldBe CallState.READY
            // It is unknown how many attempts its policy allows.
            store.find(cids[0])!!.run { state to counters.attempts } shouldBe (CallState.READY to 0)
        }

        test("rows of a newer program do not keep this one from its own") {
            val source = database()
            val store = store(source)
            val hand = Hand(store).join()
            val cids = store.enqueue(List(5) { newCall() }).map { it.cid }
            val claimed = hand.claim(limit = 4)
            store.settle(
                listOf(
                    claimed[0].died(),
                    claimed[1].died(),
                    claimed[2].succeeded(),
                    claimed[3].succeeded(),
                ).map { it.copy(retainMillis = 0) },
            )
            source.connection.use { connection ->
                val statement = connection.createStatement()
                statement.execute("UPDATE t_dead SET dead_reason = 'BORED' WHERE cid = '${cids[0]}'")
                statement.execute("UPDATE t_finished SET state = 'ARCHIVED' WHERE cid = '${cids[2]}'")
                statement.execute("INSERT INTO t_state_count (handler, state, delta) VALUES ('charge', 'ARCHIVED', 1)")
            }
            store.deadCalls(null, 10).map { it.deadReason } shouldBe listOf(null, DeadReason.EXHAUSTED)
            store.counts().map { it.state }.toSet() shouldBe setOf(CallState.READY, CallState.DEAD, CallState.SUCCEEDED)
            shouldThrow<SchemaException> { store.find(cids[2]) }.message shouldContain "ARCHIVED"
            store.purge(10) shouldBe 2
            hand.claim().map { it.cid } shouldBe listOf(cids[4])
        }

        test("counts are summed up in the database, whatever their number, also without a worker") {
            val source = database()
            val store = store(source)
            repeat(21) { store.enqueue(List(500) { newCall() }) }
            source.rows("t_state_count") shouldBeLessThan 3
            val one = "INSERT INTO t_state_count (handler, state, delta) SELECT 'charge', 'LIVE', 1 FROM "
            val isSqlite = source.connection.use { it.metaData.databaseProductName == "SQLite" }
            val numbers = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45000) SELECT i FROM n) AS g"
            source.connection.use { it.createStatement().execute(one + if (isSqlite) numbers else "generate_series(1, 45000)") }
            store.purge(10)
            source.rows("t_state_count") shouldBeLessThan 3
            store.counts().single().calls shouldBe 55_500
        }

        test("a payload that cannot be read keeps its bytes and its history") {
            val store = store()
            coroutineScope {
                val queue =
                    RetryQueue.on(store) {
                        handle(charge) { it }
                        policy { every(1.milliseconds).also { maxAttempts(2) } }
                    }
                queue.start(this)
                val call = queue.enqueue(Target("charge", PayloadCodec.Bytes, PayloadCodec.Text), byteArrayOf(0, -1, 7)).awaitEnd()
                call.state shouldBe CallState.DEAD
                call.request.bytes
                    .toList() shouldBe listOf<Byte>(0, -1, 7)
                queue.errors(call.cid).size shouldBe 2
                queue.shutdown()
            }
            store.orphans(null, 10).calls.shouldBeEmpty()
        }
    }

private fun DataSource.rows(table: String): Int =
    connection.use { connection ->
        connection.createStatement().executeQuery("SELECT count(*) FROM $table").use { row -> row.next().let { row.getInt(1) } }
    }

private fun Int.minutes() = (this * 60_000).milliseconds

private fun CallStore.seenFrom(offsetMillis: Long): CallStore {
    val real = clock
    return object : CallStore by this {
        override val clock = CallClock { real.millis() + offsetMillis }
    }
}

/** The same database, whose sessions are in the zone [name]. */
private fun DataSource.inZone(name: String): DataSource {
    val source = this
    return object : DataSource by this {
        override fun getConnection() =
            source.connection.also { connection ->
                if (connection.metaData.databaseProductName == "PostgreSQL") connection.createStatement().execute("SET TIME ZONE '$name'")
            }
    }
}
