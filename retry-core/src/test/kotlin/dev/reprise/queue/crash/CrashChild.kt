package dev.reprise.queue.crash

import dev.reprise.internal.jdbc.SmallPool
import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.postgresql.ds.PGSimpleDataSource
import java.io.IOException
import java.nio.file.Path
import java.util.concurrent.Executors
import javax.sql.DataSource
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.milliseconds

internal const val MAX_ATTEMPTS = 6

/** How many of its attempts fail, and how long each attempt takes. */
internal val work = target("work")

/** The same in a lane that is paused from time to time. */
internal val paused = target(HistoryChecker.PAUSED)

/** The same with a blocked thread. */
internal val blocking = target("blocking")

/**
 * A process that is killed: `producer`, `orderer` or `worker`, the database, the log, the seed, its name. It ends by itself when its input
 * is closed.
 */
fun main(arguments: Array<String>) {
    val (role, database, file) = arguments
    val (seed, name) = arguments.drop(3)
    val log = CrashLog(Path.of(file))
    val stop = CompletableDeferred<Unit>()
    thread(isDaemon = true) {
        generateSequence { System.`in`.read().takeIf { it >= 0 } }.forEach { _ -> }
        stop.complete(Unit)
    }
    val store = JdbcCallStore(crashSource(database))
    // Handlers that block take all threads of the one dispatcher, and never all of the other.
    val isWide = name.last().digitToInt() % 2 == 0
    val dispatcher = if (isWide) Executors.newFixedThreadPool(WIDE).asCoroutineDispatcher() else Dispatchers.Default
    runBlocking(dispatcher) {
        when (role) {
            "producer" -> CrashProducer(store, log, Random(seed.toInt())).run(stop)
            "orderer" -> CrashProducer(store, log, Random(seed.toInt())).fillOrder(stop)
            else -> crashWorker(store, log, name, if (isWide) Long.MAX_VALUE else SHORT).run(this, stop)
        }
    }
    exitProcess(0)
}

/** A file of SQLite, or the address of a PostgreSQL. */
internal fun crashSource(database: String): DataSource =
    if (database.startsWith("jdbc:")) SmallPool(PGSimpleDataSource().apply { setURL(database) }) else SqliteDataSource(Path.of(database))

private suspend fun RetryQueue.run(
    scope: CoroutineScope,
    stop: CompletableDeferred<Unit>,
) {
    while (true) {
        try {
            start(scope)
            break
        } catch (e: StoreUnavailableException) {
            delay(100.milliseconds)
        }
    }
    stop.await()
    shutdown()
}

private fun crashWorker(
    store: CallStore,
    log: CrashLog,
    name: String,
    longestBlock: Long,
) = RetryQueue.on(store) {
    workerName = name
    handle(work) { log.attempt(this, it) { millis -> delay(millis.milliseconds) } }
    handle(paused, lane = HistoryChecker.PAUSED) { log.attempt(this, it) { millis -> delay(millis.milliseconds) } }
    handle(blocking, lane = "blocking") { log.attempt(this, it) { millis -> Thread.sleep(minOf(millis, longestBlock)) } }
    callback(HistoryChecker.CALLBACK) { log.write("told", it.callCid, call.cid) }
    lane("default") { concurrency = 8 }
    lane("blocking") { concurrency = 3 }
    pollInterval = 200.milliseconds
    policy {
        every(100.milliseconds)
        maxAttempts(MAX_ATTEMPTS)
    }
}

private inline fun CrashLog.attempt(
    context: CallContext,
    request: String,
    wait: (Long) -> Unit,
): String {
    val (failures, millis) = request.split(' ').map { it.toInt() }
    write("begins", context.call.cid, context.attempt, context.call.claims, System.currentTimeMillis())
    var isOk = false
    try {
        wait(millis.toLong())
        isOk = context.attempt > failures
    } finally {
        // Also when it is cancelled: then it has ended before others start.
        write("ends", context.call.cid, context.call.claims, isOk, System.currentTimeMillis())
    }
    return if (isOk) "done" else throw IOException("as configured")
}

private const val WIDE = 16
private const val SHORT = 1_500L
