package dev.reprise.queue.crash

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.io.File
import java.nio.file.Files
import java.util.concurrent.TimeUnit
import kotlin.io.path.Path
import kotlin.time.Duration.Companion.milliseconds

/** Another process, a worker named [NAME], that has claimed the calls of the database, and does nothing more. */
object LeaseHolder {
    const val NAME = "worker-1"

    @JvmStatic
    fun main(arguments: Array<String>) {
        val source = crashSource(arguments[0])
        runBlocking(Dispatchers.Default) {
            val store = JdbcCallStore(source)
            launch { store.listen() }
            val hand = Hand(store, "child").join(NAME)
            // A response can be lost. What the first one left open is closed.
            hand.join(NAME)
            while (openFiles() > 1) System.gc()
            hand.claim()
            if (arguments[0].startsWith("jdbc:")) while (!source.isProvable("child")) delay(10.milliseconds)
            println("claimed")
            TimeUnit.MINUTES.sleep(5)
        }
    }

    /** How many channels are open to the file of the lock of this process; 0 where nothing tells. */
    private fun openFiles(): Int =
        File("/proc/self/fd").listFiles().orEmpty().count { file ->
            runCatching { "${Files.readSymbolicLink(file.toPath())}" }.getOrDefault("").endsWith("-worker-child")
        }

    /** Starts one, and returns when it has its calls, and a lock for its lease. [database] is what [crashSource] takes. */
    fun start(database: String): Process {
        val java = Path(System.getProperty("java.home"), "bin", "java").toString()
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val process =
            ProcessBuilder(java, "-cp", classes, LeaseHolder::class.java.name, database)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
        check(process.inputReader().readLine() == "claimed")
        return process
    }
}
