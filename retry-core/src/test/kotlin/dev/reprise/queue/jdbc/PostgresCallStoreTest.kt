package dev.reprise.queue.jdbc

import dev.reprise.queue.InvalidCallException
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.StoreUnavailableException
import dev.reprise.queue.callStoreSuite
import dev.reprise.queue.newCall
import dev.reprise.queue.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private suspend fun JdbcCallStore.awaitEnd(cid: String) {
    while (find(cid)?.state?.isEnd != true) delay(5.milliseconds)
}

private fun DataSource.run(sql: String) {
    connection.use { it.createStatement().execute(sql) }
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

class PostgresCallStoreTest : FunSpec({
    val server =
        lazy {
            EmbeddedPostgres
                .builder()
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .start()
        }
    val databases = AtomicInteger()
    val shared = lazy { SmallPool(server.value.postgresDatabase) }

    afterSpec { if (server.isInitialized()) server.value.close() }

    fun newDatabase(): DataSource {
        val name = "d${databases.incrementAndGet()}"
        shared.value.connection.use { it.createStatement().execute("CREATE DATABASE $name") }
        return SmallPool(server.value.getDatabase("postgres", name))
    }

    test("the server writes to the disk before it acknowledges") {
        for (setting in listOf("fsync", "synchronous_commit")) {
            shared.value.connection.use { connection ->
                connection.createStatement().executeQuery("SHOW $setting").use { row ->
                    row.next() to row.getString(1) shouldBe
                        (true to "on")
                }
            }
        }
    }

    include(
        callStoreSuite { clock ->
            JdbcCallStore(shared.value, "s${databases.incrementAndGet()}_", 30.seconds, clock).also { it.migrate() }
        },
    )
    include(jdbcStoreSuite { newDatabase() })
    include(jdbcQueueSuite { newDatabase() })
    include(jdbcFaultSuite { newDatabase() })
    include(jdbcPlanSuite({ newDatabase() }, analyze = { it.run("VACUUM ANALYZE") }, cost = { source, work -> source.blocks(work) }))

    test("a call that another process enqueues starts at once, though this one looks once an hour") {
        val source = newDatabase()
        val here = JdbcCallStore(source, "t_").also { it.migrate() }
        val there = JdbcCallStore(source, "t_")
        coroutineScope {
            val charge = target("charge")
            val queue =
                RetryQueue(here) {
                    handle(charge) { "paid" }
                    pollInterval = 1.hours
                }
            queue.start(this)
            // News may be missed: the worker was not listening yet, or the commit came long after it. Another call is news again.
            val other = RetryQueue(there)
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

    test("who no longer hears of the calls of others finds them by looking") {
        val source = newDatabase()
        val here = JdbcCallStore(source, "t_").also { it.migrate() }
        coroutineScope {
            val charge = target("charge")
            val queue =
                RetryQueue(here) {
                    handle(charge) { "paid" }
                    pollInterval = 50.milliseconds
                }
            queue.start(this)
            source.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()")
            RetryQueue(JdbcCallStore(source, "t_")).enqueue(charge, "42").await() shouldBe "paid"
            queue.shutdown()
        }
    }

    test("a statement that another session keeps waiting is cut at its time limit, and told as an outage") {
        val source = newDatabase()
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

    test("a value that the database refuses is told as such, and nothing is written") {
        val store = JdbcCallStore(newDatabase(), "t_").also { it.migrate() }
        val calls = listOf(newCall(), newCall { copy(context = "a\u0000b") })
        shouldThrow<InvalidCallException> { store.enqueue(calls) }.message shouldContain "the database refuses a value"
        store.counts() shouldBe emptyList()
    }
})
