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
import kotlin.time.Duration.Companion.seconds
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
    private var store = newStore()
    private val children = ArrayList<CrashProcess>()
    private var born = 0

    /** From the beginning of a promotion to the first acknowledgement that each producer got after it, at most. */
    var longestBlock = Duration.ZERO
        private set

    private fun newStore() = JdbcCallStore(crashSource(servers.url()))

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

    /**
     * Kills the primary, or shuts it down if that [isPlanned], and kills a worker that runs calls. The standby takes over after up to ten seconds,
     * and then, if it [isRepeated], has a standby of its own, and other workers end those calls: what crashes again and again waits for longer.
     */
    suspend fun failOver(
        isRepeated: Boolean,
        isPlanned: Boolean,
    ) {
        awaitAccepted(CALLS)
        val victim = busyWorker()
        report("restarted", HistoryChecker.DATABASE)
        if (isPlanned) servers.stopPrimary() else servers.killPrimary()
        victim.kill()
        report("killed", victim.name)
        children -= victim
        delay(random.nextLong(MOST_PAUSE_MILLIS).milliseconds)
        promote()
        start("worker", victim.slot)
        if (!isRepeated) return
        servers.rebuildStandby()
        val since = TimeSource.Monotonic.markNow()
        while (!haveEnded(victim) && since.elapsedNow() < 1.minutes) delay(100.milliseconds)
    }

    /** True if other processes have ended what the [victim] was running. */
    private fun haveEnded(victim: CrashProcess): Boolean {
        val history = CrashLog.read(logs)
        val ends = history.filterIsInstance<Happened.Ended>()
        val ended = ends.mapTo(HashSet()) { it.cid to it.token }
        val begun = history.filterIsInstance<Happened.Begun>().filter { it.process == victim.name }
        val left = begun.filter { (it.cid to it.token) !in ended }
        return left.all { run -> ends.any { it.cid == run.cid && it.token > run.token } }
    }

    /** Waits until each producer has got an acknowledgement of the new primary. */
    private suspend fun promote() {
        val before = producers().associateWith { sizeOf(it) }
        val since = TimeSource.Monotonic.markNow()
        takeOver()
        report("promoted", HistoryChecker.DATABASE)
        for ((producer, size) in before) while (sizeOf(producer) == size && since.elapsedNow() < 1.minutes) delay(10.milliseconds)
        longestBlock = maxOf(longestBlock, since.elapsedNow())
    }

    /** The standby is away for longer than a statement can take, and a worker is frozen for as long. */
    suspend fun holdUp() {
        val worker = children.filter { it.role == "worker" }.random(random)
        worker.freeze()
        report("frozen", worker.name)
        report("waiting", HistoryChecker.DATABASE)
        servers.stopReceiver()
        delay(HELD_UP)
        servers.startReceiver()
        report("continued", HistoryChecker.DATABASE)
        report("thawed", worker.name)
        worker.release()
    }

    private fun report(
        what: String,
        name: String,
    ): Unit = log.write(what, name, System.currentTimeMillis())

    /** The standby of an asynchronous primary takes over without what was acknowledged last. */
    suspend fun failOverBehind() {
        awaitAccepted(CALLS)
        servers.stopReceiver()
        awaitAccepted(CALLS)
        servers.killPrimary()
        takeOver()
    }

    /** This process keeps no connections to the old primary: it does not repeat what fails. */
    private fun takeOver() {
        servers.promote()
        store.close()
        store = newStore()
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
        val results = CrashResults(store, logs)
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
        val HELD_UP = 32.seconds
        val DRAIN = 2.minutes
    }
}
