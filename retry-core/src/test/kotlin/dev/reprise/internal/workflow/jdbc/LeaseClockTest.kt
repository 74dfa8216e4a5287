package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.ShiftedDatabase
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.model.RunTakenException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TestTimeSource

class LeaseClockTest : FunSpec({
    val server = autoClose(TestPostgres())

    test("a clock is trusted when it has run evenly for the time of a lease, and again so long after each jump") {
        val time = TestTimeSource()
        val clock = LeaseClock(20.seconds, time)
        clock.read(0, clock.millis()) shouldBe 20.seconds
        time += 15.seconds
        clock.read(15_000, clock.millis()) shouldBe 5.seconds
        time += 5.seconds
        clock.read(21_999, clock.millis()) shouldBe Duration.ZERO
        time += 1.hours
        clock.read(3_621_999 + 1_999, clock.millis()) shouldBe Duration.ZERO
        clock.read(3_621_999 + 1_999 + 2_000, clock.millis()) shouldBe 20.seconds
        time += 1.seconds
        clock.read(0, clock.millis()) shouldBe 20.seconds
        time += 20.seconds
        clock.read(20_000, clock.millis()) shouldBe Duration.ZERO
    }

    test("a clock that was read slowly has not jumped") {
        val time = TestTimeSource()
        val clock = LeaseClock(20.seconds, time)
        clock.read(0, clock.millis())
        time += 20.seconds
        val askedAt = clock.millis()
        time += 10.seconds
        clock.read(20_000, askedAt) shouldBe Duration.ZERO
        clock.read(30_000, clock.millis()) shouldBe Duration.ZERO
    }

    test("while the clock of the database jumps, a run is not taken from an owner that lives; from one that is gone it is, after a lease") {
        val database = ShiftedDatabase(server.newUrl())
        val (one, two, gone) = List(3) { JdbcWorkflowStore(database.source, lease = 2.seconds) }
        one.migrate()
        val owner = one.open("run")
        gone.open("another")
        gone.close()
        two.open("third").close()
        database.shift(1.hours)
        two.remove(setOf("run")).shouldBeEmpty()
        shouldThrow<RunTakenException> { two.open("run") }
        owner.start("task 1 t", emptyMap())
        owner.flush()
        owner.close()
        two.open("another").close()
        one.close()
        two.close()
    }
})
