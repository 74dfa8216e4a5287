package dev.reprise.samples.trip

import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.WorkflowOutcome
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import java.lang.ProcessBuilder.Redirect

class TripTest :
    FunSpec({
        val folder = tempdir().toPath()

        suspend fun book(
            server: BookingServer,
            said: MutableList<String>,
        ) = WorkflowEngine { listener(TripNarrator { said += it }) }
            .execute(tripAt(BookingDesk(server.uri)), Inputs.of(traveller, "Ada"))

        test("without a sedan the van is booked") {
            val said = ArrayList<String>()
            BookingServer("sedan").use { server ->
                book(server, said).values[car] shouldBe "van"
                server.journal shouldContainExactly listOf("booked flight", "booked hotel", "booked van")
            }
            said shouldContainExactly
                listOf(
                    "  flight: booked flight/Ada",
                    "  hotel: booked hotel/Ada",
                    "  rental: not available - no sedan left",
                    "  rental: booked van/Ada",
                    "  Have a good trip!",
                )
        }

        test("without any car everything is cancelled, in reverse order") {
            val said = ArrayList<String>()
            BookingServer("sedan", "van").use { server ->
                val outcome = book(server, said).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                outcome.report.failures
                    .getValue("rental")
                    .message shouldBe "no van left"
                outcome.report.notReverted shouldBe emptyList()
                server.journal shouldContainExactly listOf("booked flight", "booked hotel", "cancelled hotel", "cancelled flight")
            }
            said.takeLast(3) shouldContainExactly
                listOf("  hotel: booking cancelled", "  flight: booking cancelled", "  No trip this time; all bookings are cancelled.")
        }

        test("if the program is killed after the hotel is booked, the next start continues the trip, and nothing is booked twice") {
            val told = folder.resolve("told.txt").toFile()
            BookingServer().use { server ->
                val runs = folder.resolve("runs.db")
                bookElsewhere(runs, server.uri, "hotel SUCCESS", told = Redirect.to(told)) shouldBe KILLED
                server.journal shouldContainExactly listOf("booked flight", "booked hotel")
                bookElsewhere(runs, server.uri, told = Redirect.appendTo(told)) shouldBe 0
                server.journal shouldContainExactly listOf("booked flight", "booked hotel", "booked sedan")
            }
            told.readLines() shouldContainExactly
                listOf(
                    "  flight: booked flight/Ada",
                    "  hotel: booked hotel/Ada",
                    "  (an earlier process started this trip and died: we continue from there)",
                    "  rental: booked sedan/Ada",
                    "  Have a good trip!",
                )
        }

        test("if the program is killed while it cancels bookings, the next start cancels the rest") {
            val runs = folder.resolve("undone.db")
            BookingServer("sedan", "van").use { server ->
                bookElsewhere(runs, server.uri, "hotel REVERTED", told = Redirect.DISCARD) shouldBe KILLED
                server.journal shouldContainExactly listOf("booked flight", "booked hotel", "cancelled hotel")
                bookElsewhere(runs, server.uri, told = Redirect.DISCARD) shouldBe 0
                server.journal.last() shouldBe "cancelled flight"
            }
        }
    })
