package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.TestPostgres
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.io.File
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** A call and its workflow in one kill: the next process of the same name has to take over both. */
class KilledQueueTest : FunSpec({
    val folder = tempdir()
    val server = autoClose(TestPostgres())

    fun killAndRestart(
        name: String,
        database: String,
    ) {
        val traces = File(folder, "$name-traces").also { it.createNewFile() }

        fun start(stops: Boolean) = ChildProcess(KilledQueue::class.java, listOf(database, traces.path, "$stops"))
        val first = start(stops = true)
        first.says("HERE") shouldBe true
        first.kill()
        val next = start(stops = false)
        next.says("START") shouldBe true
        val begun = TimeSource.Monotonic.markNow()
        next.next() shouldBe "HERE"
        begun.elapsedNow() shouldBeLessThan 3.seconds
        next.next() shouldBe "SUCCEEDED attempts=1 crashes=1"
        traces.readLines() shouldContainExactly (0..100).map { "t$it" } + (100 until KilledQueue.TASKS).map { "t$it" }
    }

    test("SQLite: a durable workflow continues at once after a kill, and repeats the step that was broken off") {
        killAndRestart("sqlite", File(folder, "trips.db").path)
    }

    test("PostgreSQL: a durable workflow continues at once in a process of the same name, and repeats the step that was broken off") {
        killAndRestart("postgresql", server.newUrl())
    }
})
