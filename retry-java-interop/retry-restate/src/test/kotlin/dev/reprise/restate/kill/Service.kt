package dev.reprise.restate.kill

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import java.nio.file.Path
import kotlin.concurrent.thread

/** What the handler did: it [starts] or ends attempt [attempt] at the call [cid], in process number [process]. */
internal data class Event(
    val process: Int,
    val starts: Boolean,
    val cid: String,
    val attempt: Int,
)

/** The worker process of a queue: it can be killed, and started again at the same port. */
internal class Service(
    private vararg val arguments: String,
) : AutoCloseable {
    private var process: Process? = null
    private val happened = MutableStateFlow(emptyList<Event>())
    private val ready = MutableStateFlow(0)
    private var number = 0

    val events: StateFlow<List<Event>> get() = happened

    suspend fun start() {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val command =
            listOf(java, "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")) +
                "dev.reprise.restate.kill.ServiceChildKt" + arguments
        val started = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start()
        val itsNumber = ++number
        process = started
        thread(isDaemon = true) { started.inputReader().forEachLine { receive(itsNumber, it) } }
        ready.first { it == itsNumber }
    }

    private fun receive(
        process: Int,
        line: String,
    ) {
        if (line == READY) return ready.update { process }
        val (what, cid, attempt) = line.split(' ')
        happened.update { it + Event(process, what == "start", cid, attempt.toInt()) }
    }

    /** Waits until [count] attempts have ended, and then for the start of the next one. */
    suspend fun awaitNextAfter(count: Int) {
        val seen = events.first { events -> events.count { !it.starts } >= count }
        events.first { events -> events.count { it.starts } > seen.count { it.starts } }
    }

    /** SIGKILL. */
    fun kill() {
        process?.destroyForcibly()?.waitFor()
    }

    override fun close(): Unit = kill()
}
