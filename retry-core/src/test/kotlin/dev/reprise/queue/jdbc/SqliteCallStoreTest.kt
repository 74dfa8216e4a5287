package dev.reprise.queue.jdbc

import dev.reprise.jdbc.SqliteFile
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.StoreUnavailableException
import dev.reprise.queue.callStoreSuite
import dev.reprise.queue.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.coroutineScope
import java.io.File
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.seconds

class SqliteCallStoreTest : FunSpec({
    val folder = tempdir()
    val files = AtomicInteger()

    fun newFile() = File(folder, "calls${files.incrementAndGet()}.db").toPath()

    include(callStoreSuite { clock -> JdbcCallStore(SqliteFile(newFile()), "reprise_", 30.seconds, clock).also { it.migrate() } })
    include(jdbcStoreSuite { SqliteFile(newFile()) })

    test("what is acknowledged is on the disk: WAL, and synchronous is FULL") {
        val store = JdbcCallStore(SqliteFile(newFile())).also { it.migrate() }
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

    test("a file that cannot be opened is told when the queue is opened") {
        shouldThrow<StoreUnavailableException> { RetryQueue.open(File("/nowhere/at/all/calls.db").toPath()) }
    }
})

private suspend fun JdbcCallStore.pragma(name: String): String? = on { database.single { first("PRAGMA $name") { it.getString(1) } } }
