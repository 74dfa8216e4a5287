package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.TestPostgres
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.spec.style.funSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import java.io.File
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random

/** A process of the program [program]; it runs on the classes of this test. */
internal open class ChildProcess(
    program: Class<*>,
    arguments: List<String>,
) {
    private val process: Process =
        ProcessBuilder(
            listOf(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"),
                program.name,
            ) + arguments,
        ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    private val output = process.inputStream.bufferedReader()

    /** Reads its output up to [line]; false if it ended without it. */
    fun says(line: String): Boolean = generateSequence { output.readLine() }.any { it == line }

    /** The next line of its output; null if it ended. */
    fun next(): String? = output.readLine()

    fun signal(name: String) {
        ProcessBuilder("kill", "-$name", process.pid().toString()).start().waitFor() shouldBe 0
    }

    /** SIGKILL. */
    fun kill() {
        process.destroyForcibly()
        process.waitFor(1, TimeUnit.MINUTES) shouldBe true
    }
}

/** A process with a run of [tasks] tasks in [database]; see [KilledProgram]. */
internal class Carrier(
    database: String,
    traces: File,
    stopAt: String = "nowhere",
    tasks: Int = 3,
    fails: Boolean = false,
    leaseSeconds: Int = 2,
    worker: String? = null,
) : ChildProcess(
        KilledProgram::class.java,
        listOfNotNull(database, traces.path, tasks.toString(), fails.toString(), stopAt, leaseSeconds.toString(), worker),
    )

/** Kills processes with a run in a database. [newDatabase] creates an empty one. */
private fun killSuite(
    folder: File,
    newDatabase: () -> String,
) = funSpec {
    val files = AtomicInteger()

    fun traces() = File(folder, "traces${files.incrementAndGet()}").also { it.createNewFile() }

    test("W1: killed between a task's end and the next one's start, the run continues elsewhere; no task that has ended is run again") {
        val (database, traces) = newDatabase() to traces()
        for (point in listOf("t0 SUCCESS", "t2 SUCCESS")) {
            val carrier = Carrier(database, traces, point)
            withClue(point) { carrier.says("HERE") shouldBe true }
            carrier.kill()
        }
        Carrier(database, traces).says("SUCCESS") shouldBe true
        traces.readLines() shouldContainExactly listOf("+t0", "+t1", "+t2")
    }

    test("W2: killed while it reverts, the run continues to revert; what was reverted is not reverted again") {
        val (database, traces) = newDatabase() to traces()
        for (point in listOf("t2 REVERTED", "in undo t1")) {
            val carrier = Carrier(database, traces, point, fails = true)
            withClue(point) { carrier.says("HERE") shouldBe true }
            carrier.kill()
        }
        Carrier(database, traces, fails = true).says("REVERTED") shouldBe true
        // t2 failed and has nothing to revert. The revert of t1 was interrupted: how far it got is unknown.
        traces.readLines() shouldContainExactly listOf("+t0", "+t1", "+t2", "-t1", "-t1", "-t0")
    }

    test(
        "W5: the second process finds the run owned; when the first is stopped past its lease it takes over, and the first gives up",
    ) {
        val (database, traces) = newDatabase() to traces()
        val first = Carrier(database, traces, "in t1")
        first.says("HERE") shouldBe true
        val second = Carrier(database, traces)
        second.next() shouldBe "TAKEN"
        first.signal("STOP")
        second.says("SUCCESS") shouldBe true
        first.signal("CONT")
        first.says("TAKEN") shouldBe true
        first.says("SUCCESS") shouldBe true
        traces.readLines() shouldContainExactly listOf("+t0", "+t1", "+t1", "+t2")
    }
}

class SqliteKillTest : FunSpec({
    val folder = tempdir()
    val files = AtomicInteger()

    fun newDatabase() = File(folder, "runs${files.incrementAndGet()}.db").path

    include(killSuite(folder, ::newDatabase))

    test("the run of a process that was killed is free at once, whatever its lease; that of a frozen one is not") {
        val (database, traces) = newDatabase() to File(folder, "gone").also { it.createNewFile() }
        val first = Carrier(database, traces, "in t1", leaseSeconds = 600)
        first.says("HERE") shouldBe true
        first.signal("STOP")
        Carrier(database, traces, leaseSeconds = 600).also { it.next() shouldBe "TAKEN" }.kill()
        first.kill()
        val next = Carrier(database, traces, leaseSeconds = 600)
        generateSequence { next.next() }.toList().let { it.first() to it.last() } shouldBe ("flow RESUMING" to "SUCCESS")
        traces.readLines() shouldContainExactly listOf("+t0", "+t1", "+t1", "+t2")
        // That of the last process; the next one deletes it.
        folder.list()!!.filter { it.startsWith("${File(database).name}-worker-") }.size shouldBe 1
    }

    test("a long run that is killed again and again at any moment ends, and only interrupted tasks run twice") {
        val (tasks, kills) = 60 to 5
        val (database, traces) = newDatabase() to File(folder, "traces").also { it.createNewFile() }
        val random = Random(7)
        repeat(kills) {
            val carrier = Carrier(database, traces, tasks = tasks)
            // Each line is one event: two for each task.
            repeat(random.nextInt(1, 2 * tasks / kills)) { carrier.next() }
            carrier.kill()
        }
        Carrier(database, traces, tasks = tasks).says("SUCCESS") shouldBe true
        val lines = traces.readLines()
        lines.distinct() shouldContainExactly List(tasks) { "+t$it" }
        lines.size - tasks shouldBeLessThanOrEqual kills
        lines shouldContainExactly lines.sortedBy { it.drop(2).toInt() }
    }
})

class PostgresKillTest : FunSpec({
    val server = TestPostgres()

    afterSpec { server.close() }

    include(killSuite(tempdir()) { server.newUrl() })
})
