package dev.reprise.internal.queue.jdbc

import com.zaxxer.hikari.HikariDataSource
import dev.reprise.internal.jdbc.BoundedPool
import dev.reprise.internal.jdbc.PostgresServer.Companion.await
import dev.reprise.internal.jdbc.ReplicatedPostgres
import dev.reprise.internal.jdbc.SmallPool
import dev.reprise.internal.jdbc.SwallowingProxy
import dev.reprise.internal.jdbc.UnconfirmedCommitException
import dev.reprise.internal.util.chain
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.charge
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.newCall
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.model.WorkflowStoreException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.postgresql.ds.PGSimpleDataSource
import java.sql.Connection
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What a failover of PostgreSQL can do to a store, one hazard a test, on a primary and a standby that confirms each commit. */
class FailoverHazardsTest : FunSpec({
    timeout = 90_000
    val servers = ReplicatedPostgres(tempdir().toPath())
    val prefixes = AtomicInteger()
    val source = SmallPool(PGSimpleDataSource().apply { setUrl(servers.url()) })

    afterSpec { servers.close() }
    afterTest { servers.startReceiver() }

    suspend fun newStore(
        from: DataSource = source,
        statementTimeout: Duration = 2.seconds,
        prefix: String = "t${prefixes.incrementAndGet()}_",
    ): JdbcCallStore {
        JdbcCallStore(source, prefix).use { it.migrate() }
        return JdbcCallStore(from, prefix, statementTimeout)
    }

    /** The server ends the wait of a commit for the standby, as it does for a client that cancels its statement. */
    suspend fun <T> whileWaitsAreCanceled(work: suspend () -> T): T =
        coroutineScope {
            val working = async(Dispatchers.Default) { runCatching { work() } }
            withContext(Dispatchers.IO) { await("a commit waits") { servers.primary.query(CANCEL) != null } }
            working.await().getOrThrow()
        }

    test("a statement that gives up waiting for the standby acknowledges nothing, though the call is on the primary") {
        newStore().use { store ->
            store.enqueue(listOf(newCall()))
            servers.stopReceiver()
            val call = newCall()
            shouldThrow<StoreUnavailableException> { store.enqueue(listOf(call)) }.isUnconfirmed() shouldBe true
            store.status(call.cid) shouldNotBe null
        }
    }

    test("a commit whose wait for the standby is canceled acknowledges nothing") {
        newStore().use { store ->
            servers.stopReceiver()
            shouldThrow<StoreUnavailableException> {
                whileWaitsAreCanceled { store.enqueue(listOf(newCall { copy(orderKey = "a") })) }
            }.isUnconfirmed() shouldBe true
        }
    }

    test("an enqueue that is repeated with its unique key is not acknowledged either before the standby has the call") {
        newStore().use { store ->
            servers.stopReceiver()
            val first = newCall { copy(uniqueKey = "once") }
            shouldThrow<StoreUnavailableException> { whileWaitsAreCanceled { store.enqueue(listOf(first)) } }
            val repeated = newCall { copy(uniqueKey = "once") }
            shouldThrow<StoreUnavailableException> {
                whileWaitsAreCanceled { store.enqueue(listOf(repeated)) }
            }.isUnconfirmed() shouldBe true
            servers.startReceiver()
            store.enqueue(listOf(repeated)).single().run { cid to isNew } shouldBe (first.cid to false)
        }
    }

    test("a step of a workflow is not saved before the standby has it") {
        JdbcWorkflowStore(source).use { store ->
            store.migrate()
            val run = store.open("run")
            servers.stopReceiver()
            shouldThrow<WorkflowStoreException> {
                whileWaitsAreCanceled {
                    run.start("task:t:1.0\n", emptyMap())
                    run.flush()
                }
            }.isUnconfirmed() shouldBe true
            servers.startReceiver()
            run.flush()
            run.close()
        }
    }

    test("each pooled connection to a server that became read-only fails once, and then leads to the primary") {
        val isDemoted = AtomicBoolean(true)
        val switching =
            object : DataSource by source {
                override fun getConnection(): Connection = (if (isDemoted.get()) servers.standby else servers.primary).connection()
            }
        val pool =
            HikariDataSource().apply {
                dataSource = switching
                maximumPoolSize = POOLED
            }
        newStore(pool).use { store ->
            shouldThrow<StoreUnavailableException> { store.enqueue(listOf(newCall())) }.sqlState shouldBe "25006"
            isDemoted.set(false)
            val failures = List(2 * POOLED) { runCatching { store.enqueue(listOf(newCall())) }.isFailure }
            failures.count { it } shouldBeLessThan POOLED
            failures.last() shouldBe false
        }
        pool.close()
    }

    test("durability shows the standby that confirms commits, and whether it is attached") {
        newStore().use { store ->
            store.durability().run { standbyNames to standbys } shouldBe ("ANY 1 (s1)" to 1)
            servers.stopReceiver()
            store.durability().run { standbyNames to standbys } shouldBe ("ANY 1 (s1)" to 0)
        }
    }

    test("health says that the queue waits for the standby, until it is back") {
        newStore().use { store ->
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
            coroutineScope {
                queue.start(this)
                servers.stopReceiver()
                while (queue.health().warnings.none { it.startsWith("waiting for the standby") }) delay(50.milliseconds)
                servers.startReceiver()
                while (queue.health().warnings.isNotEmpty()) delay(50.milliseconds)
                queue.shutdown()
            }
        }
    }

    test("a shutdown ends in time while commits wait for the standby, and statements could take a day") {
        val pool = BoundedPool(source, 20)
        val store = newStore(pool, 1.days)
        val mayEnd = CompletableDeferred<Unit>()
        val queue = RetryQueue.on(store) { handle(charge) { mayEnd.await().let { "paid" } } }
        queue.start(CoroutineScope(Dispatchers.Default))
        queue.enqueue(charge, "42")
        while (queue.health().inFlight == 0) delay(10.milliseconds)
        servers.stopReceiver()
        mayEnd.complete(Unit)
        withContext(Dispatchers.IO) { await("a commit waits") { servers.primary.query(WAITING) != null } }
        withTimeout(20.seconds) {
            queue.shutdown(1.seconds)
            withContext(Dispatchers.IO) { store.close() }
            while (pool.inUse > 0) delay(10.milliseconds)
        }
    }

    test("a worker whose connections died in silence listens again, and finds what it has missed without a poll") {
        SwallowingProxy(servers.primary.port).use { proxy ->
            val url = "jdbc:postgresql://127.0.0.1:${proxy.port}/postgres?user=postgres&${ReplicatedPostgres.CLIENT}"
            val other = newStore()
            val store = newStore(SmallPool(PGSimpleDataSource().apply { setUrl(url) }), prefix = "t${prefixes.get()}_")
            val paid = Channel<String>(Channel.UNLIMITED)
            val queue =
                RetryQueue.on(store) {
                    handle(charge) { request -> "paid".also { paid.send(request) } }
                    pollInterval = 10.minutes
                }
            coroutineScope {
                queue.start(this)
                RetryQueue.on(other).enqueue(charge, "before")
                paid.receive() shouldBe "before"
                proxy.swallows = true
                RetryQueue.on(other).enqueue(charge, "meanwhile")
                while (queue.health().storeDownFor == null) delay(10.milliseconds)
                proxy.swallows = false
                withTimeout(60.seconds) { paid.receive() } shouldBe "meanwhile"
                queue.shutdown()
            }
            other.close()
            store.close()
        }
    }
})

private fun Throwable.isUnconfirmed() = chain().any { it is UnconfirmedCommitException }

private const val POOLED = 4
private const val WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
private const val CANCEL = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
