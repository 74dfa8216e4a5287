package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.BoundedPool
import dev.reprise.internal.jdbc.SmallPool
import dev.reprise.internal.jdbc.SwallowingProxy
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.VALID
import dev.reprise.queue.callStoreSuite
import dev.reprise.queue.died
import dev.reprise.queue.failed
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.SchemaException
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.target
import dev.reprise.queue.newCall
import dev.reprise.queue.succeeded
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import org.postgresql.ds.PGSimpleDataSource
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Proxy
import java.net.ServerSocket
import java.sql.Connection
import javax.sql.DataSource
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private suspend fun JdbcCallStore.awaitEnd(cid: String) {
    while (find(cid)?.state?.isEnd != true) delay(5.milliseconds)
}

private fun DataSource.run(sql: String) {
    connection.use { it.createStatement().execute(sql) }
}

private fun DataSource.waitingForLocks(): Int =
    connection.use { connection ->
        val waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        connection.createStatement().executeQuery(waiting).use { row -> row.next().let { row.getInt(1) } }
    }

/** How many blocks of tables and indexes [work] reads. */
private suspend fun DataSource.blocks(work: suspend () -> Unit): Long {
    val before = blocks()
    work()
    return blocks() - before
}

private fun DataSource.blocks(): Long =
    connection.use { connection ->
        connection.createStatement().execute("SELECT pg_stat_force_next_flush()")
        val sum = "SELECT sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0)) FROM pg_statio_user_tables"
        connection.createStatement().executeQuery(sum).use { row -> row.next().let { row.getLong(1) } }
    }

private fun DataSource.columns(table: String): List<String> =
    connection.createStatement().executeQuery("SELECT * FROM $table LIMIT 0").metaData.let { columns ->
        (1..columns.columnCount).map(columns::getColumnName)
    }

/** A source that has one connection, which is never closed: it keeps the plans that were made on it. */
private fun DataSource.kept(): DataSource {
    val real = connection
    val open =
        Proxy.newProxyInstance(Connection::class.java.classLoader, arrayOf(Connection::class.java)) { _, method, arguments ->
            try {
                if (method.name == "close") null else method.invoke(real, *arguments.orEmpty())
            } catch (e: InvocationTargetException) {
                throw e.targetException
            }
        } as Connection
    return object : DataSource by this {
        override fun getConnection() = open
    }
}

/** A source that delegates to [now]. */
private fun switched(now: () -> DataSource): DataSource =
    Proxy.newProxyInstance(DataSource::class.java.classLoader, arrayOf(DataSource::class.java)) { _, method, arguments ->
        try {
            method.invoke(now(), *arguments.orEmpty())
        } catch (e: InvocationTargetException) {
            throw e.targetException
        }
    } as DataSource

/** Of workers with names, whose sessions hold locks. */
private const val TERMINATE_LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"

class PostgresCallStoreTest : FunSpec({
    val server = TestPostgres()

    afterSpec { server.close() }

    test("the server writes to the disk before it acknowledges") {
        listOf("fsync", "synchronous_commit").map(server::show) shouldBe listOf("on", "on")
    }

    include(callStoreSuite { clock -> JdbcCallStore(server.shared, "${server.newName()}_", 30.seconds, clock).also { it.migrate() } })
    include(jdbcStoreSuite { server.newDatabase() })
    include(jdbcTransactionSuite { server.newDatabase() })
    include(jdbcQueueSuite { server.newDatabase() })
    include(jdbcTablesSuite { server.newDatabase() })
    include(jdbcFaultSuite { server.newDatabase() })
    include(
        jdbcPlanSuite({ server.newDatabase().kept() }, analyze = { it.run("VACUUM ANALYZE") }, cost = {
            source,
            work,
            ->
            source.blocks(work)
        }),
    )
    include(
        jdbcOperatorSuite({ server.newDatabase() }, analyze = { it.run("VACUUM ANALYZE") }, cost = {
            source,
            work,
            ->
            source.blocks(work)
        }),
    )

    test("claims and settlements that were planned while the queue was empty read no more when it is long") {
        val source = server.newDatabase().kept()
        val store = JdbcCallStore(source, "t_", notifications = false).also { it.migrate() }
        val hand = Hand(store).join()

        suspend fun turn() {
            store.enqueue(List(20) { newCall() })
            val (well, badly) = hand.claim().chunked(10)
            store.settle(well.map { it.succeeded() } + badly.map { it.failed() })
        }
        repeat(10) { turn() }
        source.run("DELETE FROM t_call")
        source.run("VACUUM ANALYZE")
        repeat(10) { turn() }
        val short = source.blocks { turn() }
        store.enqueue(List(1) { newCall { copy(delayMillis = 50_000) } })
        val columns = source.columns("t_call") - "cid"
        source.run(
            "INSERT INTO t_call (cid, ${columns.joinToString()}) SELECT 'f' || n, ${columns.joinToString()} " +
                "FROM (SELECT * FROM t_call ORDER BY due_at DESC LIMIT 1) c, generate_series(1, 20000) AS g(n)",
        )
        source.blocks { turn() } shouldBeLessThan short * 3
    }

    test("an order and a renewal read no more while an old snapshot keeps what is left of earlier calls") {
        val database = server.newDatabase()
        val source = database.kept()
        val store = JdbcCallStore(source, "t_", notifications = false).also { it.migrate() }
        val hand = Hand(store).join()
        store.enqueue(List(1000) { newCall { copy(orderKey = "o") } })

        suspend fun turn() = hand.settle(hand.claim().single().succeeded())
        database.connection.use { old ->
            old.autoCommit = false
            old.createStatement().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            old.createStatement().execute("SELECT 1 FROM t_call")
            repeat(10) { turn() }
            val early = source.blocks { turn() } + source.blocks { store.renewLease(hand.nonce, VALID) }
            repeat(800) { turn() }
            // A claim from the beginning may be among them, but not one for each.
            val late = List(3) { source.blocks { turn() } + source.blocks { store.renewLease(hand.nonce, VALID) } }.min()
            old.rollback()
            old.autoCommit = true
            late shouldBeLessThan early * 3
        }
    }

    test("pages of promotions and purges read no more while an old snapshot keeps what is left of earlier pages") {
        val database = server.newDatabase()
        val source = database.kept()
        val store = JdbcCallStore(source, "t_", notifications = false).also { it.migrate() }
        val hand = Hand(store).join()
        store.enqueue(List(1000) { newCall() })
        repeat(10) { store.settle(hand.claim(limit = 100).map { it.succeeded().copy(retainMillis = 0) }) }
        store.enqueue(List(1000) { i -> newCall { copy(delayMillis = 70_000L + i) } })
        source.run("UPDATE t_waiting SET due_at = due_at - 20000")
        database.connection.use { old ->
            old.autoCommit = false
            old.createStatement().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            old.createStatement().execute("SELECT 1 FROM t_call")
            val pages = List(10) { source.blocks { store.promote(100) shouldBe 100 } to source.blocks { store.purge(100) shouldBe 100 } }
            old.rollback()
            old.autoCommit = true
            pages.last().first shouldBeLessThan pages[1].first * 3 / 2
            pages.last().second shouldBeLessThan pages[1].second * 3 / 2
        }
    }

    test("a call that another process enqueues starts immediately, though this one polls once an hour") {
        val source = server.newDatabase()
        val here = JdbcCallStore(source, "t_").also { it.migrate() }
        val there = JdbcCallStore(source, "t_")
        coroutineScope {
            val charge = target("charge")
            val queue =
                RetryQueue.on(here) {
                    handle(charge) { "paid" }
                    pollInterval = 1.hours
                }
            queue.start(this)
            // A notification can be missed: the worker did not listen yet, or the commit came long after it. Another call notifies again.
            val other = RetryQueue.on(there)
            withTimeout(60.seconds) {
                repeat(5) {
                    do {
                        val handle = other.enqueue(charge, "42")
                    } while (withTimeoutOrNull(200.milliseconds) { there.awaitEnd(handle.cid) } == null)
                }
            }
            queue.shutdown()
        }
    }

    test("a shutdown ends although the database swallows all packets and statements could take a day, and leaves none behind") {
        val url = server.newUrl()
        val port = Regex(":(\\d+)/").find(url)!!.groupValues[1]
        SwallowingProxy(port.toInt()).use { proxy ->
            val source = PGSimpleDataSource().apply { setUrl(url.replace(":$port/", ":${proxy.port}/")).also { loginTimeout = 2 } }
            val pool = BoundedPool(SmallPool(source), 20)
            val store = JdbcCallStore(pool, "t_", 1.days).also { it.migrate() }
            val isRunning = CompletableDeferred<Unit>()
            val scope = CoroutineScope(Dispatchers.Default)
            val queue =
                RetryQueue.on(store) {
                    handle(target("charge")) {
                        isRunning.complete(Unit)
                        awaitCancellation()
                    }
                }
            queue.start(scope)
            queue.enqueue(target("charge"), "42")
            isRunning.await()
            proxy.swallows = true
            queue.shutdown(1.seconds)
            queue.health().isRunning shouldBe false
            withTimeout(30.seconds) {
                withContext(Dispatchers.IO) { store.close() }
                while (pool.inUse > 0) delay(10.milliseconds)
            }
        }
    }

    test("a store that is closed leaves no connection in use, though its notification waits for a lock for a day") {
        val source = server.newDatabase()
        val pool = BoundedPool(source, 20)
        val store = JdbcCallStore(pool, "t_", 1.days).also { it.migrate() }
        source.connection.use { blocker ->
            blocker.autoCommit = false
            blocker.createStatement().execute("LOCK TABLE t_news IN ACCESS EXCLUSIVE MODE")
            RetryQueue.on(store).enqueue(target("charge"), "42")
            withTimeout(30.seconds) {
                while (source.waitingForLocks() == 0) delay(5.milliseconds)
                withContext(Dispatchers.IO) { store.close() }
                while (pool.inUse > 0) delay(5.milliseconds)
            }
            blocker.rollback()
            blocker.autoCommit = true
        }
    }

    test("health says that the pool is small and the database can lose calls") {
        val source = PGSimpleDataSource().apply { setUrl(server.newUrl() + "&options=-c%20synchronous_commit=off") }
        val store = JdbcCallStore(BoundedPool(source, 2), "t_").also { it.migrate() }
        val queue = RetryQueue.on(store) { handle(target("charge")) { "paid" } }
        coroutineScope {
            queue.start(this)
            val version = server.show("server_version")
            queue.health().warnings shouldBe
                listOf(
                    "the pool gives 2 of 8 connections; with fewer than 3, callers and the results of calls wait for each other",
                    "PostgreSQL $version has synchronous_commit=off: calls that it has accepted can be lost in a crash",
                )
            store.durability().toString() shouldBe "PostgreSQL $version, fsync=on, synchronous_commit=off"
            queue.shutdown()
        }
    }

    test("a caller's transaction can be prepared for a two-phase commit") {
        val source = server.newDatabase()
        val store = JdbcCallStore(source, "t_").also { it.migrate() }
        val queue = RetryQueue.on(store)
        source.connection.use { connection ->
            connection.autoCommit = false
            queue.enqueue(connection, target("charge"), "42")
            connection.createStatement().execute("PREPARE TRANSACTION 'shop'")
            connection.commit()
            connection.autoCommit = true
            connection.createStatement().execute("COMMIT PREPARED 'shop'")
        }
        queue.counts() shouldBe listOf(CallCount("charge", CallState.READY, 1))
    }

    test("a transaction of a caller that fails by chance tells its SQLState to the caller") {
        val source = server.newDatabase()
        val store = JdbcCallStore(source, "t_").also { it.migrate() }
        val queue = RetryQueue.on(store)
        queue.enqueue(target("charge"), "0") { orderKey = "o" }
        source.connection.use { connection ->
            connection.autoCommit = false
            connection.createStatement().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.createStatement().execute("SELECT 1 FROM t_call")
            queue.enqueue(target("charge"), "1") { orderKey = "o" }
            shouldThrow<StoreUnavailableException> { queue.enqueue(connection, target("charge"), "2") { orderKey = "o" } }.sqlState shouldBe
                "40001"
            connection.rollback()
            connection.autoCommit = true
        }
    }

    test("the tables can be in a schema of their own, beside others of the same names, whatever is searched") {
        val url = server.newUrl()

        fun source(path: String) = SmallPool(PGSimpleDataSource().apply { setUrl(url).also { currentSchema = path } })
        val names = listOf("tenant_a", "user")
        for (schema in names) {
            val store = JdbcCallStore(source("public"), schema = schema)
            shouldThrow<SchemaException> { store.open() }
            store.migrate()
            store.migrate()
            JdbcCallStore(source("elsewhere"), schema = schema).open()
            coroutineScope {
                val queue =
                    RetryQueue.on(JdbcCallStore(source("elsewhere"), schema = schema)) {
                        handle(target("charge")) { if (it == "bad") error("bad") else it }
                        policy { maxAttempts(1) }
                    }
                queue.start(this)
                queue.enqueueAll(target("charge"), listOf("1", "2", "3")) { orderKey = "o" }.forEach { it.await() }
                queue.enqueue(target("charge"), "bad") { uniqueKey = "u" }.awaitEnd()
                queue.shutdown()
            }
            store.counts().sumOf { it.calls } shouldBe 4
        }
        shouldThrow<IllegalArgumentException> { JdbcCallStore(source("public"), schema = "x; drop table y") }.message shouldContain "schema"
    }

    test("notifications name the handlers that have work, and can be switched off") {
        val source = server.newDatabase()
        val here = JdbcCallStore(source, "t_").also { it.migrate() }
        val silent = JdbcCallStore(source, "t_", notifications = false)
        val there = JdbcCallStore(source, "t_")
        val seen = Channel<Set<String>>(Channel.UNLIMITED)
        here.onChange { isFor -> seen.trySend(setOf("charge", "refund", "other").filter(isFor::test).toSet()) }
        coroutineScope {
            val listener = launch(Dispatchers.Default) { here.listen() }
            // It is listening.
            seen.receive() shouldBe setOf("charge", "refund", "other")
            silent.enqueue(listOf(newCall("other")))
            there.enqueue(listOf(newCall("charge"), newCall("elsewhere")))
            seen.receive() shouldBe setOf("charge")
            there.enqueue(listOf(newCall("refund"), newCall("other") { copy(delayMillis = 60_000) }))
            seen.receive() shouldBe setOf("refund")
            listener.cancel()
        }
    }

    for (settings in listOf(
        "prepareThreshold=-1",
        "prepareThreshold=0",
        "prepareThreshold=1",
        "preferQueryMode=simple",
        "preferQueryMode=extendedForPrepared",
        "preferQueryMode=extendedCacheEverything",
        "binaryTransfer=false",
        "reWriteBatchedInserts=true",
        "stringtype=unspecified",
        "autosave=always",
        "defaultRowFetchSize=1",
        "preparedStatementCacheQueries=0",
    )) {
        test("a queue works with $settings in the address of the database") {
            val source = PGSimpleDataSource().apply { setUrl(server.newUrl().let { "$it${if ('?' in it) '&' else '?'}$settings" }) }
            val store = JdbcCallStore(SmallPool(source), "t_").also { it.migrate() }
            val hand = Hand(store).join()
            repeat(7) {
                store.enqueue(List(3) { newCall { copy(deadline = System.currentTimeMillis() + 60_000, orderKey = cid) } })
                val (first, second, third) = hand.claim()
                store.settle(listOf(first.succeeded().copy(retainMillis = 0), second.died(), third.failed()))
                hand.claim().shouldBeEmpty()
                store.renewLease(hand.nonce, VALID)!!.cancelRequested.shouldBeEmpty()
            }
            store.counts().sumOf { it.calls } shouldBe 21
            store.purge(100) shouldBe 7
        }
    }

    test("a worker that gets no notifications finds the calls of others by polling") {
        val source = server.newDatabase()
        val here = JdbcCallStore(source, "t_").also { it.migrate() }
        coroutineScope {
            val charge = target("charge")
            val queue =
                RetryQueue.on(here) {
                    workerName = "worker-1"
                    handle(charge) { "paid" }
                    pollInterval = 50.milliseconds
                }
            queue.start(this)
            source.run(TERMINATE_LISTENERS)
            RetryQueue.on(JdbcCallStore(source, "t_")).enqueue(charge, "42").await() shouldBe "paid"
            queue.shutdown()
        }
    }

    test("a statement that another session blocks is cancelled at its time limit, and reported as an outage") {
        val source = server.newDatabase()
        val store = JdbcCallStore(source, "t_", 1.seconds).also { it.migrate() }
        source.connection.use { other ->
            other.autoCommit = false
            other.createStatement().execute("LOCK TABLE t_call")
            shouldThrow<StoreUnavailableException> { store.enqueue(listOf(newCall())) }.message shouldContain "canceling statement"
            other.rollback()
            other.autoCommit = true
        }
        store.enqueue(listOf(newCall())).single().isNew shouldBe true
    }

    test("a server that is unreachable at start is reported as such; the queue can be started once it is reachable") {
        val port = ServerSocket(0).use { it.localPort }
        val nobody = PGSimpleDataSource().apply { setUrl("jdbc:postgresql://localhost:$port/postgres?user=postgres") }
        val source = server.newDatabase()
        var isThere = false
        val store = JdbcCallStore(switched { if (isThere) source else nobody }, "t_")
        val charge = target("charge")
        coroutineScope {
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
            shouldThrow<StoreUnavailableException> { queue.start(this) }.message shouldContain "$port refused"
            shouldThrow<StoreUnavailableException> { store.migrate() }
            isThere = true
            store.migrate()
            queue.start(this)
            queue.enqueue(charge, "42").await() shouldBe "paid"
            queue.shutdown()
        }
    }

    test("a value that the database rejects is reported as such, and nothing is written") {
        val store = JdbcCallStore(server.newDatabase(), "t_").also { it.migrate() }
        val calls = listOf(newCall(), newCall { copy(context = "a\u0000b") })
        shouldThrow<InvalidCallException> { store.enqueue(calls) }.message shouldContain "the database rejects a value"
        store.counts() shouldBe emptyList()
    }

    test("two schemas of one database have separate queues") {
        val url = server.newUrl()
        val source = PGSimpleDataSource().apply { setUrl(url) }
        for (schema in listOf("t1", "t2")) {
            source.run("CREATE SCHEMA $schema")
            val store = JdbcCallStore(PGSimpleDataSource().apply { setUrl(url).also { currentSchema = schema } })
            store.migrate()
            store.open()
            store.enqueue(listOf(newCall()))
            store.counts().single().calls shouldBe 1
        }
    }

    for (isolation in listOf("repeatable read", "serializable")) {
        test("several processes can migrate at a time where transactions are $isolation by default") {
            val url = server.newUrl()
            PGSimpleDataSource()
                .apply {
                    setUrl(url)
                }.run("ALTER DATABASE ${url.substringAfterLast('/').substringBefore('?')} SET default_transaction_isolation = '$isolation'")
            val stores = List(4) { JdbcCallStore(PGSimpleDataSource().apply { setUrl(url) }) }
            coroutineScope { stores.map { async { it.migrate() } }.awaitAll() }
            stores.forEach { it.open() }
        }
    }
})
