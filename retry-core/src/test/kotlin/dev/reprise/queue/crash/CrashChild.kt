package dev.reprise.queue.crash

import dev.reprise.internal.jdbc.SmallPool
import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.postgresql.ds.PGSimpleDataSource
import java.io.IOException
import java.nio.file.Path
import java.time.Instant
import javax.sql.DataSource
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.milliseconds

internal const val MAX_ATTEMPTS = 6

/** How many of its attempts fail, and how long each attempt takes. */
private val work = target("work")

/** A process that is killed: `producer` or `worker`, the database, the log, the seed. It ends by itself when its input is closed. */
fun main(arguments: Array<String>): Unit =
    runBlocking(Dispatchers.Default) {
        val (role, database, file) = arguments
        val log = CrashLog(Path.of(file))
        val stop = CompletableDeferred<Unit>()
        thread(isDaemon = true) {
            generateSequence { System.`in`.read().takeIf { it >= 0 } }.forEach { _ -> }
            stop.complete(Unit)
        }
        val store = JdbcCallStore(crashSource(database))
        if (role == "producer") {
            CrashProducer(store, log, Random(arguments[3].toInt())).run(stop)
        } else {
            val queue = crashWorker(store, log)
            queue.startPatiently(this)
            stop.await()
            queue.shutdown()
        }
        exitProcess(0)
    }

/** A file of SQLite, or the address of a PostgreSQL. */
internal fun crashSource(database: String): DataSource =
    if (database.startsWith("jdbc:")) SmallPool(PGSimpleDataSource().apply { setURL(database) }) else SqliteDataSource(Path.of(database))

private suspend fun RetryQueue.startPatiently(scope: CoroutineScope) {
    while (true) {
        try {
            start(scope)
            return
        } catch (e: StoreUnavailableException) {
            delay(100.milliseconds)
        }
    }
}

private fun crashWorker(
    store: CallStore,
    log: CrashLog,
) = RetryQueue.on(store) {
    handle(work) { request ->
        val (failures, millis) = request.split(' ').map { it.toInt() }
        log.write("begins", call.cid, attempt, call.claims, System.currentTimeMillis())
        var isOk = false
        try {
            delay(millis.milliseconds)
            isOk = attempt > failures
        } finally {
            // Also when it is cancelled: then it has ended before others start.
            log.write("ends", call.cid, call.claims, isOk, System.currentTimeMillis())
        }
        if (isOk) "done" else throw IOException("as configured")
    }
    callback(HistoryChecker.CALLBACK) { log.write("told", it.callCid, call.cid) }
    lane("default") { concurrency = 8 }
    pollInterval = 200.milliseconds
    policy {
        every(100.milliseconds)
        maxAttempts(MAX_ATTEMPTS)
    }
}

private class CrashProducer(
    store: CallStore,
    private val log: CrashLog,
    private val random: Random,
) {
    private val queue =
        RetryQueue.on(store) {
            callback(HistoryChecker.CALLBACK) {}
            policy {
                every(100.milliseconds)
                maxAttempts(MAX_ATTEMPTS)
            }
        }

    suspend fun run(stop: CompletableDeferred<Unit>) {
        while (!stop.isCompleted) {
            try {
                if (random.nextBoolean()) one() else several()
            } catch (e: StoreUnavailableException) {
                // Accepted or not: the producer got no confirmation.
            } catch (e: DeadlinePassedException) {
                // It waited too long for a writer that is frozen.
            }
            delay(random.nextLong(30).milliseconds)
        }
    }

    private suspend fun one() {
        val key = "key ${random.nextInt(9)}".replace(' ', '-').takeIf { random.nextInt(3) == 0 }
        val until = (System.currentTimeMillis() + random.nextLong(100, 20_000)).takeIf { random.nextInt(5) == 0 }
        val tells = random.nextInt(4) == 0
        val handle =
            queue.enqueue(work, request()) {
                orderKey = key
                uniqueKey = "unique ${random.nextInt(30)}".takeIf { random.nextInt(5) == 0 }
                deadline = until?.let { Instant.ofEpochMilli(it) }
                if (tells) callback(HistoryChecker.CALLBACK)
                onDeadPredecessor = OnDeadPredecessor.SKIP
            }
        if (handle.isNew) log.write("accepted", handle.cid, key, until, tells)
    }

    private suspend fun several() {
        val handles = queue.enqueueAll(work, List(random.nextInt(1, 6)) { request() })
        handles.forEach { log.write("accepted", it.cid, null, null, false) }
    }

    private fun request() = "${random.nextInt(3) / 2} ${if (random.nextInt(40) == 0) 2000 else random.nextInt(60)}"
}
