package dev.reprise.queue.crash

import dev.reprise.internal.jdbc.ReplicatedPostgres
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import kotlinx.coroutines.delay
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.createDirectories
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeSource

/** Producers and workers, each a process, whose primary is killed and replaced by its standby while they run. */
internal class FailoverRun(
    private val servers: ReplicatedPostgres,
    private val folder: Path,
    seed: Int,
) : AutoCloseable {
    private val random = Random(seed)
    private val logs = folder.resolve("logs").createDirectories()
    private val log = CrashLog(logs.resolve("harness"))
    private val store = JdbcCallStore(crashSource(servers.url()))
    private val results = CrashResults(store, logs)
    private val children = ArrayList<CrashProcess>()
    private var born = 0

    /** How long producers waited for the first acknowledgement after a promotion, at most. */
    var longestBlock = Duration.ZERO
        private set

    suspend fun start(workers: Int) {
        store.migrate()
        start("producer", "p1")
        start("orderer", "o1")
        repeat(workers) { start("worker", "w$it") }
    }

    private fun start(
        role: String,
        slot: String,
    ) {
        children += CrashProcess(role, slot, "$role-${++born}", servers.url(), folder, random)
    }

    /** Kills the primary, and a worker that runs calls; the standby takes over after [pause], and later has a standby of its own if it [isRebuilt]. */
    suspend fun failOver(
        pause: Duration = random.nextLong(MOST_PAUSE_MILLIS).milliseconds,
        isRebuilt: Boolean,
    ) {
        awaitAccepted(CALLS)
        val victim = busyWorker()
        log.write("restarted", HistoryChecker.DATABASE, System.currentTimeMillis())
        servers.killPrimary()
        victim.kill()
        log.write("killed", victim.name, System.currentTimeMillis())
        children -= victim
        delay(pause)
        promote()
        start("worker", victim.slot)
        if (isRebuilt) servers.rebuildStandby()
    }

    /** Waits until each producer has got an acknowledgement of the new primary. */
    private suspend fun promote() {
        val before = producers().associateWith { sizeOf(it) }
        servers.promote()
        log.write("promoted", HistoryChecker.DATABASE, System.currentTimeMillis())
        val since = TimeSource.Monotonic.markNow()
        for ((producer, size) in before) while (sizeOf(producer) == size && since.elapsedNow() < 1.minutes) delay(10.milliseconds)
        longestBlock = maxOf(longestBlock, since.elapsedNow())
    }

    /** The standby of an asynchronous primary takes over without what was acknowledged last. */
    suspend fun failOverBehind() {
        awaitAccepted(CALLS)
        servers.stopReceiver()
        awaitAccepted(CALLS)
        servers.killPrimary()
        servers.promote()
    }

    private suspend fun awaitAccepted(calls: Int) {
        fun accepted() = CrashLog.read(logs).count { it is Happened.Accepted }
        val goal = accepted() + calls
        while (accepted() < goal) delay(50.milliseconds)
    }

    /** A worker that runs calls which take a while. */
    private suspend fun busyWorker(): CrashProcess {
        val calls = RetryQueue.on(store).enqueueAll(work, List(LONG_CALLS) { "0 $LONG_MILLIS" }).mapTo(HashSet()) { it.cid }
        calls.forEach { log.write("accepted", it, null, null, false) }
        while (true) {
            val busy = CrashLog.read(logs).firstOrNull { it is Happened.Begun && it.cid in calls }
            children.find { it.name == busy?.process }?.let { return it }
            delay(50.milliseconds)
        }
    }

    private fun producers() = children.filter { it.role != "worker" }

    private fun sizeOf(child: CrashProcess) = Files.size(logs.resolve(child.name))

    /** Lets the workers do what is left, and checks. */
    suspend fun drain(): CrashReport {
        endAll(producers())
        val since = TimeSource.Monotonic.markNow()
        while (!results.haveAllEnded() && since.elapsedNow() < DRAIN) delay(50.milliseconds)
        endAll(children.toList())
        return results.check()
    }

    private fun endAll(some: List<CrashProcess>) {
        some.forEach { it.end() }
        children -= some.toSet()
    }

    override fun close() {
        children.forEach { it.kill() }
        store.close()
    }

    private companion object {
        const val MOST_PAUSE_MILLIS = 10_000L
        const val CALLS = 100
        const val LONG_CALLS = 12
        const val LONG_MILLIS = 8_000
        val DRAIN = 2.minutes
    }
}
