package dev.reprise.samples.orders

import java.io.File
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** A copy of the shop in a separate process; [say] receives its output. */
class Copy(
    private val name: String,
    url: String,
    gateway: Gateway,
    orders: List<String>,
    private val say: (String) -> Unit,
) : AutoCloseable {
    private val process: Process = ProcessBuilder(
        java,
        "-Djava.util.logging.SimpleFormatter.format=%4\$s %5\$s%n", // one line for each failed attempt
        "-cp",
        classPath,
        MAIN,
        "serve",
        url,
        "${gateway.uri}",
        name,
        *orders.toTypedArray(),
    ).redirectErrorStream(true).start()
    private val lines = CopyOnWriteArrayList<String>()
    private val reader =
        thread(isDaemon = true) {
            process.inputStream.bufferedReader().forEachLine { line ->
                lines += line
                say(line)
            }
        }

    /** How many lines it has printed that contain [text]. */
    fun count(text: String): Int = lines.count { text in it }

    val isAlive: Boolean get() = process.isAlive

    /** Kills it with SIGKILL. */
    fun kill() {
        process.destroyForcibly().waitFor()
        reader.join()
    }

    /** Lets it shut down, and waits until it has. */
    override fun close() {
        process.outputStream.close()
        if (!process.waitFor(60, TimeUnit.SECONDS)) kill()
        reader.join()
    }

    private companion object {
        const val MAIN = "dev.reprise.samples.orders.MainKt"
        val java: String = File(System.getProperty("java.home"), "bin/java").path
        val classPath: String = System.getProperty("java.class.path")
    }
}
