package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.callStoreSuite
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.target
import dev.reprise.queue.newCall
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.succeeded
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.sqlite.ProgressHandler
import java.io.File
import java.sql.Connection
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class SqliteCallStoreTest : FunSpec({
    val folder = tempdir()
    val files = AtomicInteger()

    fun newFile() = File(folder, "calls${files.incrementAndGet()}.db").toPath()

    include(callStoreSuite { clock -> JdbcCallStore(SqliteDataSource(newFile()), "reprise_", 30.seconds, clock).also { it.migrate() } })
    include(jdbcStoreSuite { SqliteDataSource(newFile()) })
    include(jdbcTransactionSuite { SqliteDataSource(newFile()) })
    include(jdbcQueueSuite { SqliteDataSource(newFile()) })
    include(jdbcTablesSuite { SqliteDataSource(newFile()) })
    include(jdbcFaultSuite { SqliteDataSource(newFile()) })
    include(
        jdbcPlanSuite({ KeptConnection(SqliteDataSource(newFile())) }, analyze = {}, cost = {
            source,
            work,
            ->
            (source as KeptConnection).instructions(work)
        }),
    )
    include(
        jdbcOperatorSuite({ KeptConnection(SqliteDataSource(newFile())) }, analyze = {}, cost = {
            source,
            work,
            ->
            (source as KeptConnection).instructions(work)
        }),
    )

    test("calls with keys of many callers share a transaction: they wait for each other anyway") {
        val source = FaultySource(SqliteDataSource(newFile()))
        val store = JdbcCallStore(source).also { it.migrate() }

        suspend fun enqueue(count: Int) = store.enqueue(List(count) { newCall { copy(orderKey = "order", uniqueKey = cid) } })

        suspend fun steps(count: Int): Int = source.begin().let { enqueue(count) }.let { source.steps }
        enqueue(1)
        val ofOne = steps(1)
        val ofEight = steps(8)
        val haveAllSubmitted = CountDownLatch(1)
        source.begin { step -> null.also { if (step == 1) haveAllSubmitted.await() } }
        coroutineScope {
            repeat(9) { launch(Dispatchers.Default, CoroutineStart.UNDISPATCHED) { enqueue(1) } }
            haveAllSubmitted.countDown()
        }
        source.steps shouldBe ofOne + ofEight
    }

    test("what is accepted is on the disk") {
        JdbcCallStore(newFile()).also { it.migrate() }.use { store ->
            store.durability().isOnDisk shouldBe true
            store.durability().settings shouldBe mapOf("synchronous" to "full", "journal_mode" to "wal")
            store.warnings.shouldBeEmpty()
        }
    }

    for (name in listOf("a?journal_mode=DELETE.db", "100%.db", "a#b.db", "a b'ü?%3F#.db", "file:x.db")) {
        test("a file named $name is the file of the queue") {
            val file = File(folder, name)
            JdbcCallStore(file.toPath()).also { it.migrate() }.use { it.enqueue(listOf(newCall())) }
            file.exists() shouldBe true
            JdbcCallStore(file.toPath()).use { store -> store.counts().single().calls shouldBe 1 }
        }
    }

    test("a schema is refused, because there are none") {
        val store = JdbcCallStore(SqliteDataSource(newFile()), schema = "tenant_a")
        shouldThrow<IllegalArgumentException> { store.migrate() }.message shouldContain "a schema needs PostgreSQL"
    }

    test("nothing is accepted into a file that was deleted or replaced, and the health of the queue tells") {
        val file = newFile()
        val store = JdbcCallStore(file).also { it.migrate() }
        coroutineScope {
            val queue =
                RetryQueue.on(store) {
                    handle(target("charge")) { it }
                    pollInterval = 10.milliseconds
                }
            queue.start(this)
            queue.enqueue(target("charge"), "1").await()
            val moved = File("$file.moved")
            file.toFile().renameTo(moved) shouldBe true
            shouldThrow<StoreUnavailableException> { queue.enqueue(target("charge"), "2") }.message shouldContain "was deleted or replaced"
            while (queue.health().isHealthy) delay(5.milliseconds)
            file.toFile().createNewFile()
            shouldThrow<StoreUnavailableException> { queue.enqueue(target("charge"), "2") }
            moved.renameTo(file.toFile()) shouldBe true
            while (!queue.health().isHealthy) delay(5.milliseconds)
            queue.enqueue(target("charge"), "3").await() shouldBe "3"
            queue.shutdown()
        }
    }

    test("a caller whose thread is blocked when its turn to write comes does not keep others from enqueuing") {
        val source = SqliteDataSource(newFile())
        val store = JdbcCallStore(source).also { it.migrate() }
        val one = Executors.newSingleThreadExecutor().asCoroutineDispatcher()
        source.connection.use { writer ->
            writer.createStatement().execute("BEGIN IMMEDIATE")
            coroutineScope {
                launch(start = CoroutineStart.UNDISPATCHED) { store.enqueue(listOf(newCall())) }
                launch(one) { store.enqueue(listOf(newCall())) }
                val isBlocked = CompletableDeferred<Unit>()
                launch(one) {
                    isBlocked.complete(Unit)
                    runBlocking { withTimeout(20.seconds) { store.enqueue(listOf(newCall())) } }
                }
                isBlocked.await()
                writer.createStatement().execute("COMMIT")
            }
        }
        store.counts() shouldBe listOf(CallCount("charge", CallState.READY, 3))
        one.close()
    }

    test("two stores with connections of their own share one file") {
        val file = newFile()
        val stores = List(2) { JdbcCallStore(SqliteDataSource(file)).also { it.migrate() } }
        val claimed = ConcurrentHashMap<String, Int>()
        coroutineScope {
            for (store in stores) {
                launch(Dispatchers.Default) {
                    val hand = Hand(store).join()
                    repeat(20) { store.enqueue(List(5) { newCall() }) }
                    while (claimed.size < 200) {
                        val calls = hand.claim(limit = 7)
                        calls.forEach { claimed.merge(it.cid, 1, Int::plus) }
                        store.settle(calls.map { it.succeeded() }).toSet() - SettleResult.ACCEPTED shouldBe emptySet()
                    }
                }
            }
        }
        claimed.values.toSet() shouldBe setOf(1)
        stores[0].counts() shouldBe listOf(CallCount("charge", CallState.SUCCEEDED, 200))
    }

    test("a writer that waits for another process for over half a second starts over, and fails when that takes too long") {
        val file = newFile()
        val store = JdbcCallStore(SqliteDataSource(file)).also { it.migrate() }
        SqliteDataSource(file).connection.use { other ->
            other.createStatement().execute("BEGIN IMMEDIATE")
            shouldThrow<StoreUnavailableException> { store.enqueue(listOf(newCall())) }.message shouldContain "SQLITE_BUSY"
            other.createStatement().execute("ROLLBACK")
        }
        store.enqueue(listOf(newCall())).single().isNew shouldBe true
    }

    test("what is acknowledged is on the disk: WAL, and synchronous is FULL") {
        val store = JdbcCallStore(SqliteDataSource(newFile())).also { it.migrate() }
        store.pragma("journal_mode") shouldBe "wal"
        store.pragma("synchronous") shouldBe "2"
    }

    test("a queue in a file needs no more than its path") {
        val file = newFile()
        coroutineScope {
            val charge = target("charge")
            val queue = RetryQueue.open(file) { handle(charge) { "paid $it" } }
            queue.start(this)
            val handle = queue.enqueue(charge, "42")
            handle.await() shouldBe "paid 42"
            queue.shutdown()
            val again = RetryQueue.open(file)
            again
                .find(handle.cid)!!
                .response!!
                .bytes
                .decodeToString() shouldBe "paid 42"
            again.shutdown()
        }
    }

    test("a file that cannot be opened is reported when the queue is opened") {
        shouldThrow<StoreUnavailableException> { RetryQueue.open(File("/nowhere/at/all/calls.db").toPath()) }
    }
})

/** Records the connection that a store holds. */
internal class KeptConnection(
    private val source: DataSource,
) : DataSource by source {
    private var kept: Connection? = null

    override fun getConnection(): Connection = source.connection.also { kept = it }

    /** How many instructions of SQLite's virtual machine [work] takes. */
    suspend fun instructions(work: suspend () -> Unit): Long {
        var count = 0L
        val handler =
            object : ProgressHandler() {
                override fun progress(): Int = 0.also { count++ }
            }
        ProgressHandler.setHandler(kept, 1, handler)
        work()
        ProgressHandler.clearHandler(kept)
        return count
    }
}

private suspend fun JdbcCallStore.pragma(name: String): String? = on { database.single { first("PRAGMA $name") { it.getString(1) } } }
