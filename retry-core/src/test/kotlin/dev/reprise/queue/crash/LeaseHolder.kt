package dev.reprise.queue.crash

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import kotlinx.coroutines.runBlocking
import java.io.File
import java.util.concurrent.TimeUnit
import kotlin.io.path.Path

/** Another process that has claimed the calls of the file, and does nothing more. */
object LeaseHolder {
    @JvmStatic
    fun main(arguments: Array<String>) {
        runBlocking { Hand(JdbcCallStore(Path(arguments[0])), "child").join().claim() }
        println("claimed")
        Thread.sleep(TimeUnit.MINUTES.toMillis(5))
    }

    /** Starts one, and returns when it has its calls. */
    fun start(file: File): Process {
        val java = Path(System.getProperty("java.home"), "bin", "java").toString()
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val process =
            ProcessBuilder(java, "-cp", classes, LeaseHolder::class.java.name, file.path)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
        check(process.inputReader().readLine() == "claimed")
        return process
    }
}
