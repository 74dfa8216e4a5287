package dev.reprise.queue.crash

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeoutOrNull
import java.nio.file.Path
import kotlin.io.path.createDirectories
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The database of a run. */
internal interface CrashDatabase : AutoCloseable {
    /** What [crashSource] takes. */
    val address: String

    /** Kills it without letting it finish anything, and restarts it; null if it is not a process. */
    val restart: (suspend () -> Unit)?
}

/**
 * Two producers and two workers, each a process, that are killed, frozen, cut off and restarted at moments drawn from [seed], beside an old
 * snapshot and a lane that is paused; then the remaining calls are processed and the history is checked.
 */
internal class CrashRun(
    private val database: CrashDatabase,
    private val folder: Path,
    seed: Int,
    /** True if there is time to wait for takeovers in which nothing else happens. */
    private val isLong: Boolean,
) {
    private val random = Random(seed)
    private val logs = folder.resolve("logs").createDirectories()
    private val log = CrashLog(logs.resolve("harness"))
    private val source = crashSource(database.address)
    private val store = JdbcCallStore(source)
    private val results = CrashResults(store, logs)
    private val snapshot = OldSnapshot(source)
    private val children = ArrayList<CrashProcess>()
    private var isPaused = false
    private var born = 0

    suspend fun run(isOver: (actions: Int) -> Boolean): CrashReport {
        store.migrate()
        try {
            listOf("producer" to "p1", "orderer" to "o1", "worker" to "w1", "worker" to "w2").forEach { start(it.first, it.second) }
            var actions = 0
            while (!isOver(actions)) {
                awaitProgress()
                snapshot.keep()
                act(actions++)
            }
            drain()
            return results.check()
        } finally {
            children.forEach { it.kill() }
            snapshot.close()
            store.close()
        }
    }

    private fun start(
        role: String,
        slot: String,
    ) {
        children += CrashProcess(role, slot, "$role-${++born}", database.address, folder, random)
    }

    /** Waits until a random number of further events have happened; with a limit, because all processes can be frozen. */
    private suspend fun awaitProgress() {
        val goal = CrashLog.size(logs) + random.nextLong(2_000, 30_000)
        withTimeoutOrNull(10.seconds) { while (CrashLog.size(logs) < goal) delay(10.milliseconds) }
    }

    /** The first worker is frozen for longer than its lease is valid; whatever else happens is drawn. */
    private suspend fun act(number: Int) {
        releaseOld()
        val running = children.filter { it.heldUpSince == null }
        val victim = running.random(random)
        when {
            number == 1 -> freeze(running.first { it.role == "worker" })
            number % 6 == 2 || number % 6 == 4 -> pause(!isPaused)
            number % 5 == 3 && database.restart != null -> restartDatabase()
            isLong && number % 8 == 7 -> killAlone()
            running.size < children.size -> kill(victim)
            random.nextInt(4) == 0 -> freeze(victim)
            random.nextInt(4) == 0 && victim.canStall -> stall(victim)
            random.nextInt(4) == 0 -> restart(victim)
            else -> kill(victim)
        }
    }

    private fun kill(victim: CrashProcess) {
        killed(victim)
        children -= victim
        start(victim.role, victim.slot)
    }

    /** As of before the kill: others can have started its calls before this process knows that it is dead. */
    private fun killed(victim: CrashProcess) {
        val at = System.currentTimeMillis()
        victim.kill()
        log.write("killed", victim.name, at)
    }

    private fun restart(victim: CrashProcess) {
        victim.end()
        report("ended", victim)
        children -= victim
        start(victim.role, victim.slot)
    }

    /** Nothing else happens until another worker has taken over what the victim had. */
    private suspend fun killAlone() {
        releaseOld(Duration.ZERO)
        if (isPaused) pause(false)
        delay(LEASE)
        val victim = awaitBusyWorker()
        killed(victim)
        delay(TAKEOVER)
        report("quiet", victim)
        children -= victim
        start(victim.role, victim.slot)
    }

    /** A worker that runs calls which take a while. */
    private suspend fun awaitBusyWorker(): CrashProcess {
        val calls = RetryQueue.on(store).enqueueAll(work, List(LONG_CALLS) { "0 $LONG_MILLIS" }).mapTo(HashSet()) { it.cid }
        calls.forEach { log.write("accepted", it, null, null, false) }
        val busy = withTimeoutOrNull(LEASE) { processOf(calls) }
        val workers = children.filter { it.role == "worker" }
        return workers.find { it.name == busy } ?: workers.random(random)
    }

    /** The first process that has started one of [calls]. */
    private suspend fun processOf(calls: Set<String>): String {
        while (true) {
            val first = CrashLog.read(logs).filterIsInstance<Happened.Begun>().firstOrNull { it.cid in calls }
            if (first != null) return first.process
            delay(100.milliseconds)
        }
    }

    private fun freeze(victim: CrashProcess) {
        // Logged afterwards: what the process starts until then starts before it is frozen.
        victim.freeze()
        report("frozen", victim)
    }

    private fun stall(victim: CrashProcess) {
        victim.stall()
        report("stalled", victim)
    }

    private fun releaseOld(age: Duration = HELD_UP) {
        for (child in children.filter { child -> child.heldUpSince?.let { it.elapsedNow() >= age } == true }) {
            report("thawed", child)
            child.release()
        }
    }

    private fun report(
        what: String,
        child: CrashProcess,
    ) {
        log.write(what, child.name, System.currentTimeMillis())
    }

    private suspend fun pause(pauses: Boolean) {
        isPaused = pauses
        while (!results.isDone { store.pause(HistoryChecker.PAUSED, pauses) }) {
            // A process that is frozen can hold the only lock of the database.
            releaseOld()
            delay(50.milliseconds)
        }
        log.write(if (pauses) "paused" else "resumed", HistoryChecker.PAUSED, System.currentTimeMillis())
    }

    private suspend fun restartDatabase() {
        log.write("restarted", HistoryChecker.DATABASE, System.currentTimeMillis())
        checkNotNull(database.restart)()
        log.write("back", HistoryChecker.DATABASE, System.currentTimeMillis())
    }

    /** No more faults: processes that were held up continue after others have taken over their calls, and all calls are processed. */
    private suspend fun drain() {
        snapshot.close()
        pause(false)
        for (producer in children.filter { it.role != "worker" }) {
            if (producer.heldUpSince != null) producer.release()
            producer.end()
            children -= producer
        }
        while (withTimeoutOrNull(STANDSTILL) { awaitProgressOrEnd() } == false) releaseOld()
        releaseOld(Duration.ZERO)
        children.forEach { it.end() }
    }

    /** True if there is nothing left to do, false after some more events. */
    private suspend fun awaitProgressOrEnd(): Boolean {
        val goal = CrashLog.size(logs) + ENOUGH
        while (CrashLog.size(logs) < goal) {
            if (!isBusy()) return true
            releaseOld()
            delay(50.milliseconds)
        }
        return false
    }

    private suspend fun isBusy(): Boolean = children.any { it.heldUpSince != null } || !results.haveAllEnded()

    private companion object {
        /** Longer than a lease is valid, and than the sweep of others takes. */
        val HELD_UP = 27.seconds
        val LEASE = 20.seconds
        val TAKEOVER = 31.seconds

        /** Nothing happens for so long: a takeover is due sooner, and so is a suspect, which runs alone. */
        val STANDSTILL = 90.seconds
        const val ENOUGH = 500L
        const val LONG_CALLS = 6
        const val LONG_MILLIS = 8_000
    }
}
