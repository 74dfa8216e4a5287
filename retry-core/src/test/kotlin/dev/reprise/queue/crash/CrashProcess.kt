package dev.reprise.queue.crash

import dev.reprise.internal.jdbc.SwallowingProxy
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlin.random.Random
import kotlin.time.TimeSource

/** A process of a [CrashRun], named [name], in the [role] that [main] knows; [slot] is the name that its successor has too. */
internal class CrashProcess(
    val role: String,
    val slot: String,
    val name: String,
    database: String,
    folder: Path,
    random: Random,
) {
    /** Since when it is frozen, or cut off from the database; null if it is neither. */
    var heldUpSince: TimeSource.Monotonic.ValueTimeMark? = null
        private set

    /** The way to a server, which can be stalled; null where the database is a file, or one of several servers. */
    private val proxy = PORT.find(database)?.takeIf { ',' !in database }?.let { SwallowingProxy(it.groupValues[1].toInt()) }
    private val process: Process

    init {
        val address = if (proxy == null) database else database.replace(PORT, ":${proxy.port}/")
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val command =
            listOf(java, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")) +
                listOf(
                    "dev.reprise.queue.crash.CrashChildKt",
                    role,
                    address,
                    "${folder.resolve("logs/$name")}",
                    "${random.nextInt()}",
                    slot,
                )
        process = ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve("$name.out").toFile()).start()
    }

    val canStall: Boolean get() = proxy != null

    fun kill() {
        process.destroyForcibly().waitFor()
        proxy?.close()
    }

    /** Lets it end by itself. */
    fun end() {
        process.outputStream.close()
        if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) process.destroyForcibly().waitFor()
        proxy?.close()
    }

    fun freeze() {
        signal("STOP")
        heldUpSince = TimeSource.Monotonic.markNow()
    }

    fun stall() {
        checkNotNull(proxy).stalls = true
        heldUpSince = TimeSource.Monotonic.markNow()
    }

    /** Ends a freeze or a stall. */
    fun release() {
        if (proxy?.stalls == true) proxy.stalls = false else signal("CONT")
        heldUpSince = null
    }

    private fun signal(signal: String) {
        check(ProcessBuilder("kill", "-$signal", "${process.pid()}").start().waitFor() == 0)
    }

    private companion object {
        val PORT = Regex(":(\\d+)/")
        const val END_SECONDS = 40L
    }
}
