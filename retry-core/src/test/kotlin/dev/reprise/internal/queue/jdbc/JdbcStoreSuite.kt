package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.ManualClock
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.SchemaException
import dev.reprise.queue.model.target
import dev.reprise.queue.newCall
import dev.reprise.queue.succeeded
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import java.io.IOException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")

/** Behaviour of every store on a database. [database] creates an empty one. */
fun jdbcStoreSuite(database: () -> DataSource) =
    funSpec {
        suspend fun store(
            source: DataSource = database(),
            clock: ManualClock? = null,
        ) = JdbcCallStore(source, "t_", 30.seconds, clock).also { it.migrate() }

        test("migrating twice changes nothing, and several processes can do it at once") {
            val source = database()
            coroutineScope { List(4) { async { store(source) } }.awaitAll() }
            val store = store(source)
            store.open()
            store.enqueue(listOf(newCall()))
            store.migrate()
            store.counts() shouldHaveSize 1
        }

        test("a session that found no tables finds those that another one has created since, under the lock of a migration") {
            val source = database()
            val early = List(4) { JdbcCallStore(source, "t_", 30.seconds, null) }
            for (store in early) shouldThrow<SchemaException> { store.open() }
            coroutineScope { early.map { async { it.migrate() } }.awaitAll() }
            early.last().open()
        }

        test("missing tables, and tables of a newer version, are rejected") {
            val source = database()
            shouldThrow<SchemaException> { JdbcCallStore(source, "t_").open() }.message shouldContain "migrate() creates them"
            val store = store(source)
            source.connection.use { it.createStatement().execute("INSERT INTO t_schema (version, applied_at) VALUES (99, 0)") }
            shouldThrow<SchemaException> { store.open() }.message shouldContain "have version 99, but this program needs version 1"
        }

        test("tables that were created by hand from the script in the jar are those of the store") {
            val source = database()
            source.connection.use { connection ->
                val product = if (connection.metaData.databaseProductName == "SQLite") "sqlite" else "postgresql"
                val script = JdbcCallStore::class.java.getResource("/dev/reprise/queue/schema/$product/1.sql")!!.readText()
                val statements =
                    script
                        .replace("{prefix}", "t_")
                        .lines()
                        .filterNot { it.startsWith("--") }
                        .joinToString("\n")
                        .split(";")
                statements.filter { it.isNotBlank() }.forEach { connection.createStatement().execute(it) }
            }
            val store = JdbcCallStore(source, "t_")
            store.open()
            store.migrate()
            store.enqueue(listOf(newCall()))
            store.counts() shouldHaveSize 1
        }

        test("an invalid table prefix is rejected") {
            for (wrong in listOf("", "1a", "A_", "a b", "x;drop table y", "a".repeat(32))) {
                shouldThrow<IllegalArgumentException> { JdbcCallStore(database(), wrong) }.message shouldContain "'$wrong'"
            }
        }

        test("a time limit that no driver accepts is rejected") {
            for (wrong in listOf(Duration.ZERO, 25.hours, Duration.INFINITE)) {
                shouldThrow<IllegalArgumentException> { JdbcCallStore(database(), statementTimeout = wrong) }.message shouldBe
                    "statementTimeout must be from a second to a day, but was $wrong"
            }
        }

        test("two sets of tables in one database are independent") {
            val source = database()
            val one = store(source)
            val other = JdbcCallStore(source, "other_").also { it.migrate() }
            one.enqueue(listOf(newCall()))
            other.counts().shouldBeEmpty()
        }

        test("a batch with one bad call writes none of it") {
            val store = store()
            shouldThrow<InvalidCallException> {
                store.enqueue(listOf(newCall { copy(orderKey = "o", uniqueKey = "u") }, newCall { copy(deadline = 1) }))
            }
            store.counts().shouldBeEmpty()
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().isNew shouldBe true
        }

        test("many workers claim each call once") {
            val source = database()
            val store = store(source)
            store.enqueue(List(400) { newCall { copy(priority = cid.hashCode().mod(10)) } })
            val claimed = ConcurrentHashMap<String, AtomicInteger>()
            coroutineScope {
                repeat(4) {
                    launch(Dispatchers.Default) {
                        val hand = Hand(store).join()
                        while (true) {
                            val calls = hand.claim(limit = 7)
                            if (calls.isEmpty()) break
                            calls.forEach { claimed.getOrPut(it.cid) { AtomicInteger() }.incrementAndGet() }
                            store.settle(calls.map { it.succeeded() })
                        }
                    }
                }
            }
            claimed.values.map { it.get() }.toSet() shouldBe setOf(1)
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.SUCCEEDED, 400))
        }

        test("of many concurrent callers with the same unique key one gets it") {
            val store = store()
            val accepted =
                coroutineScope {
                    List(
                        8,
                    ) {
                        async(
                            Dispatchers.Default,
                        ) { store.enqueue(listOf(newCall { copy(uniqueKey = "u", orderKey = "o") })).single() }
                    }.awaitAll()
                }
            accepted.count { it.isNew } shouldBe 1
            accepted.map { it.cid }.toSet() shouldHaveSize 1
        }

        test("order is kept while many enqueue and many process calls") {
            val store = store()
            val seen = ConcurrentHashMap<String, MutableList<Long>>()
            coroutineScope {
                val producers =
                    List(
                        3,
                    ) {
                        launch(
                            Dispatchers.Default,
                        ) { repeat(20) { i -> store.enqueue(listOf(newCall { copy(orderKey = "k${i % 2}") })) } }
                    }
                repeat(3) {
                    launch(Dispatchers.Default) {
                        val hand = Hand(store).join()
                        while (producers.any { it.isActive } || store.counts().any { !it.state.isEnd }) {
                            val calls = hand.claim(limit = 2)
                            calls.forEach {
                                seen.getOrPut(it.request.orderKey!!) { java.util.Collections.synchronizedList(ArrayList()) } +=
                                    it.orderSeq
                            }
                            store.settle(calls.map { it.succeeded() })
                            store.orphans(null, 1)
                        }
                    }
                }
            }
            seen.values.map { it.size } shouldContainExactly listOf(30, 30)
            // The positions count up until the order is empty; then they start over.
            for (places in seen.values) places.zipWithNext { one, next -> (next == one + 1 || next == 1L) shouldBe true }
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.SUCCEEDED, 60))
        }

        test("a queue processes its calls, here with retries and a restart") {
            val source = database()
            val attempts = ConcurrentHashMap<String, AtomicInteger>()
            coroutineScope {
                fun queue() =
                    RetryQueue.on(JdbcCallStore(source, "t_")) {
                        handle(charge) {
                            val n = attempts.getOrPut(it) { AtomicInteger() }.incrementAndGet()
                            if (n == 1) throw IOException("down") else "paid $it"
                        }
                        policy {
                            every(1.milliseconds)
                            maxAttempts(5)
                        }
                        pollInterval = 20.milliseconds
                    }
                store(source)
                val first = queue()
                val handles = first.enqueueAll(charge, List(100) { "$it" })
                first.start(this)
                handles[0].await() shouldBe "paid 0"
                first.shutdown(10.seconds)
                val second = queue()
                second.start(this)
                handles.mapIndexed { i, it ->
                    second
                        .awaitEnd(it.cid)
                        .response!!
                        .bytes
                        .decodeToString() shouldBe "paid $i"
                }
                second.counts() shouldContainExactly listOf(CallCount("charge", CallState.SUCCEEDED, 100))
                second.shutdown()
            }
            attempts.values.map { it.get() }.toSet() shouldBe setOf(2)
        }
    }
