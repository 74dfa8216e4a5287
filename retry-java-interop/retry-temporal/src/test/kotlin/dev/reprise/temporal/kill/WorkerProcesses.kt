package dev.reprise.temporal.kill

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import java.nio.file.Path
import kotlin.concurrent.thread

/** Worker processes, what their handlers say, and a way to kill them. */
internal class WorkerProcesses(
    private vararg val arguments: String,
) : AutoCloseable {
    /** A line that [process] printed. */
    class Line(
        val process: Process,
        val text: String,
    )

    private val processes = ArrayList<Process>()
    private val said = Channel<Line>(Channel.UNLIMITED)

    val lines: ReceiveChannel<Line> get() = said

    suspend fun start(count: Int) {
        repeat(count) { start() }
        repeat(count) { check(said.receive().text == READY) }
    }

    private fun start() {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val command =
            listOf(java, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")) +
                "dev.reprise.temporal.kill.WorkerChildKt" + arguments
        val process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start()
        processes += process
        thread(isDaemon = true) { process.inputReader().forEachLine { said.trySend(Line(process, it)) } }
    }

    override fun close() {
        processes.forEach { it.destroyForcibly().waitFor() }
    }
}
