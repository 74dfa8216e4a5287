package dev.reprise.queue.crash

import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.VALID
import dev.reprise.queue.charge
import dev.reprise.queue.leaseSweep
import dev.reprise.queue.newCall
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import java.sql.ResultSet
import javax.sql.DataSource
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

private const val NAME = LeaseHolder.NAME

private fun <T> DataSource.first(
    sql: String,
    read: (ResultSet) -> T,
): T = connection.use { it.createStatement().executeQuery(sql).use { row -> row.next().let { read(row) } } }

private fun DataSource.execute(sql: String) {
    connection.use { it.createStatement().execute(sql) }
}

/** True if a session of this server holds a lock for the lease [nonce]. */
internal fun DataSource.isProvable(nonce: String): Boolean =
    first("SELECT count(server_started) FROM reprise_lease WHERE nonce = '$nonce'") { it.getInt(1) == 1 }

/** So that the processes of this test are not known to live, but by their locks. */
private fun DataSource.moveElsewhere() {
    execute("UPDATE reprise_lease SET host = 'elsewhere'")
}

/** What a newcomer named [worker] does, for longer than a proof takes. Returns the calls that it can take over. */
private suspend fun JdbcCallStore.newcomer(worker: String? = NAME): List<String> {
    repeat(20) {
        sweep(leaseSweep(null, everyMillis = 5_000, worker))
        delay(100.milliseconds)
    }
    return orphans(null, 10).calls.map { it.cid }
}

/** A worker that lives and holds its lock in [listener]. */
private class LivingWorker(
    val store: JdbcCallStore,
    nonce: String,
    scope: CoroutineScope,
) {
    val hand = Hand(store, nonce)
    val listener: Job = scope.launch(Dispatchers.Default) { store.listen() }

    suspend fun join(source: DataSource): LivingWorker {
        hand.join(NAME)
        while (!source.isProvable(hand.nonce)) delay(10.milliseconds)
        return this
    }
}

class ProofOfDeathTest : FunSpec({
    val server = autoClose(TestPostgres())

    test("a worker takes over the calls of its killed predecessor within two seconds of its start, and those of a frozen one not at all") {
        val url = server.newUrl()
        val source = crashSource(url)
        JdbcCallStore(source).use { store ->
            store.migrate()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val child = LeaseHolder.start(url)
            try {
                store.newcomer().shouldBeEmpty()
                ProcessBuilder("kill", "-STOP", "${child.pid()}").start().waitFor() shouldBe 0
                store.newcomer().shouldBeEmpty()
                // Its session ends, as that of a frozen process can: on this host the process is known to live.
                source.execute(TERMINATE)
                store.newcomer().shouldBeEmpty()
            } finally {
                child.destroyForcibly().waitFor()
            }
            store.newcomer("another name").shouldBeEmpty()
            store.newcomer(null).shouldBeEmpty()
            coroutineScope {
                val queue =
                    RetryQueue.on(store) {
                        workerName = NAME
                        handle(charge) { "paid" }
                    }
                val begun = TimeSource.Monotonic.markNow()
                queue.start(this)
                queue.awaitEnd(cid).run { attempts to crashes } shouldBe (1 to 1)
                begun.elapsedNow() shouldBeLessThan 2.seconds
                queue.shutdown()
            }
        }
    }

    test("of two living workers of one name, neither takes over from the other") {
        val source = crashSource(server.newUrl())
        val stores = List(2) { JdbcCallStore(source) }
        stores[0].migrate()
        coroutineScope {
            val workers = stores.mapIndexed { i, store -> LivingWorker(store, "worker-$i", this).join(source) }
            stores[0].enqueue(List(2) { newCall() })
            workers.forEach { it.hand.claim(limit = 1).size shouldBe 1 }
            source.moveElsewhere()
            stores.flatMap { it.newcomer() }.shouldBeEmpty()
            workers.forEach { it.listener.cancel() }
        }
    }

    test("a worker whose session is terminated takes its lock again before that proves something; when it is gone for good, it does") {
        val source = crashSource(server.newUrl())
        val store = JdbcCallStore(source).also { it.migrate() }
        coroutineScope {
            val worker = LivingWorker(store, "living", this).join(source)
            val cid = store.enqueue(listOf(newCall())).single().cid
            worker.hand.claim().size shouldBe 1
            source.moveElsewhere()
            repeat(5) {
                source.execute(TERMINATE)
                val newcomer = JdbcCallStore(source)
                newcomer.newcomer().shouldBeEmpty()
            }
            store.renewLease(worker.hand.nonce, VALID).shouldNotBeNull()
            worker.listener.cancelAndJoin()
            store.newcomer() shouldContainExactly listOf(cid)
        }
    }

    test("after a restart of the server its locks prove nothing") {
        CrashPostgres(tempdir().toPath()).use { database ->
            val source = crashSource(database.address)
            val store = JdbcCallStore(source).also { it.migrate() }
            coroutineScope {
                val worker = LivingWorker(store, "frozen", this).join(source)
                store.enqueue(listOf(newCall()))
                worker.hand.claim().size shouldBe 1
                source.moveElsewhere()
                worker.listener.cancelAndJoin()
                checkNotNull(database.restart)()
                JdbcCallStore(crashSource(database.address)).newcomer().shouldBeEmpty()
            }
        }
    }

    test("without notifications there are no locks, and so no proofs") {
        val source = crashSource(server.newUrl())
        val store = JdbcCallStore(source, notifications = false).also { it.migrate() }
        store.enqueue(listOf(newCall()))
        Hand(store).join(NAME).claim().size shouldBe 1
        source.moveElsewhere()
        store.newcomer().shouldBeEmpty()
    }
})

private const val TERMINATE =
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = " +
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
