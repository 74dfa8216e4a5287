package dev.reprise.queue.crash

import dev.reprise.internal.queue.jdbc.CallLocation
import dev.reprise.internal.queue.jdbc.CallTable
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeoutOrNull
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.io.path.createDirectories
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** The database of a run. */
internal interface CrashDatabase : AutoCloseable {
    /** What [crashSource] takes. */
    val address: String

    /** Kills it without letting it finish anything, and restarts it; null if it is not a process. */
    val restart: (suspend () -> Unit)?
}

/**
 * A producer and two workers, each a process, that are killed and frozen at moments drawn from [seed]; then the remaining calls are
 * processed and the history is checked.
 */
internal class CrashRun(
    private val database: CrashDatabase,
    private val folder: Path,
    seed: Int,
) {
    private val random = Random(seed)
    private val logs = folder.resolve("logs").createDirectories()
    private val log = CrashLog(logs.resolve("harness"))
    private val store = JdbcCallStore(crashSource(database.address))
    private val children = LinkedHashMap<String, Process>()
    private val frozen = HashMap<String, TimeSource.Monotonic.ValueTimeMark>()
    private var born = 0

    suspend fun run(isOver: (actions: Int) -> Boolean): CrashReport {
        store.migrate()
        try {
            listOf("producer", "worker", "worker").forEach { start(it) }
            var actions = 0
            while (!isOver(actions)) {
                awaitProgress()
                act(actions++)
            }
            drain()
            val calls = allCalls()
            val report = HistoryChecker(CrashLog.read(logs), calls, MAX_ATTEMPTS).check()
            return report.copy(faults = report.faults + countFaults(calls))
        } finally {
            children.values.forEach { it.destroyForcibly() }
            store.close()
        }
    }

    private fun start(role: String) {
        val name = "$role-${++born}"
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val command =
            listOf(java, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")) +
                listOf("dev.reprise.queue.crash.CrashChildKt", role, database.address, "${logs.resolve(name)}", "${random.nextInt()}")
        val output = folder.resolve("$name.out").toFile()
        children[name] = ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).start()
    }

    /** Waits until a random number of further events have happened; with a limit, because all processes can be frozen. */
    private suspend fun awaitProgress() {
        val goal = CrashLog.size(logs) + random.nextLong(2_000, 30_000)
        withTimeoutOrNull(10.seconds) { while (CrashLog.size(logs) < goal) delay(10.milliseconds) }
    }

    /** The first worker is frozen for longer than its lease is valid; whatever else happens is drawn. */
    private suspend fun act(number: Int) {
        thawOld()
        val running = children.keys.filter { it !in frozen }
        val victim = running.random(random)
        when {
            number == 1 -> freeze(running.first { it.startsWith("worker") })
            number % 5 == 3 && database.restart != null -> restartDatabase()
            random.nextInt(4) == 0 && frozen.isEmpty() -> freeze(victim)
            else -> kill(victim)
        }
    }

    private fun kill(name: String) {
        val child = checkNotNull(children.remove(name))
        child.destroyForcibly().waitFor()
        log.write("killed", name, System.currentTimeMillis())
        start(name.substringBefore('-'))
    }

    private fun freeze(name: String) {
        // Logged afterwards: what the process starts until then starts before it is frozen.
        signal(name, "STOP")
        log.write("frozen", name, System.currentTimeMillis())
        frozen[name] = TimeSource.Monotonic.markNow()
    }

    private fun thawOld(age: Duration = FREEZE) {
        for (name in frozen.filterValues { it.elapsedNow() >= age }.keys.toList()) {
            frozen.remove(name)
            log.write("thawed", name, System.currentTimeMillis())
            signal(name, "CONT")
        }
    }

    private fun signal(
        name: String,
        signal: String,
    ) {
        check(ProcessBuilder("kill", "-$signal", "${children.getValue(name).pid()}").start().waitFor() == 0)
    }

    private suspend fun restartDatabase() {
        log.write("restarted", HistoryChecker.DATABASE, System.currentTimeMillis())
        checkNotNull(database.restart)()
    }

    /** No more faults: frozen processes wake up after others have taken over their calls, and all calls are processed. */
    private suspend fun drain() {
        for (name in children.keys.filter { it.startsWith("producer") }) {
            if (name in frozen) thawOld(Duration.ZERO)
            children.remove(name)?.let { it.outputStream.close().also { _ -> it.waitFor(30, TimeUnit.SECONDS) } }
        }
        withTimeoutOrNull(DRAIN) {
            while (isBusy()) {
                thawOld()
                delay(50.milliseconds)
            }
        }
        thawOld(Duration.ZERO)
        for (child in children.values) {
            child.outputStream.close()
            child.waitFor(30, TimeUnit.SECONDS)
        }
    }

    private suspend fun isBusy(): Boolean =
        try {
            frozen.isNotEmpty() || store.counts().any { !it.state.isEnd }
        } catch (e: StoreUnavailableException) {
            true
        }

    /** The counts are sums of what each transaction added: one that was half done would show. */
    private suspend fun countFaults(calls: List<StoredCall>): List<String> {
        val found = calls.groupingBy { it.handler to it.state }.eachCount()
        val told = store.counts().associate { (it.handler to it.state) to it.calls.toInt() }
        return listOfNotNull("the counts are $told, but there are $found".takeIf { told != found })
    }

    private suspend fun allCalls(): List<StoredCall> =
        store.on {
            database.single { query(sql(CallLocation.select(CallTable.LIST, "true")), read = CallTable::read) }
        }

    private companion object {
        /** Longer than a lease is valid, and than the sweep of others takes. */
        val FREEZE = 27.seconds
        val DRAIN = 3.minutes
    }
}
