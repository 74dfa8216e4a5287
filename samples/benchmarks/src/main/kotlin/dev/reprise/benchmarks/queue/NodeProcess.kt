package dev.reprise.benchmarks.queue

import dev.reprise.benchmarks.Measurements
import java.nio.file.Path

/** A [Node] in a JVM of its own. */
class NodeProcess(
    kind: Kind,
    url: String,
    counter: Path,
    works: Boolean = true,
) : AutoCloseable {
    private val process: Process =
        ProcessBuilder(
            listOf(Path.of(System.getProperty("java.home"), "bin", "java").toString()) + Measurements.JVM_OPTIONS.take(2) +
                listOf("-cp", System.getProperty("java.class.path"), Node::class.java.name, kind.name, url, counter.toString(), "$works"),
        ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val input = process.inputStream.bufferedReader()

    init {
        answer("ready")
    }

    /** Sends the process a command. */
    fun tell(line: String) {
        process.outputStream.write("$line\n".toByteArray())
        process.outputStream.flush()
    }

    /** Waits for the response to a command. */
    fun answer(to: String): String {
        while (true) {
            val line = input.readLine() ?: error("a process has ended before it said '$to'")
            if (line.startsWith("${Node.ANSWER} $to")) return line.removePrefix("${Node.ANSWER} $to").trim()
        }
    }

    override fun close() {
        tell("stop")
        process.waitFor()
    }
}
