package dev.reprise.samples.trip

import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.model.Inputs
import java.net.URI
import java.nio.file.Files
import java.nio.file.Path

/** Three trips. Each checks its own outcome. */
suspend fun bookTrips() {
    println("\n5. A trip: flight, hotel and car, at a server that is busy at first. There is no sedan left")
    check(bookHere("sedan") == listOf("booked flight", "booked hotel", "booked van")) { "should have booked the van" }

    println("\n6. A trip for which there is no car at all: all bookings are cancelled, in reverse order")
    val undone = listOf("booked flight", "booked hotel", "cancelled hotel", "cancelled flight")
    check(bookHere("sedan", "van") == undone) { "should have cancelled all bookings" }

    println("\n7. The power fails when the hotel is booked. The next start continues the trip")
    BookingServer().use { server ->
        val runs = Files.createTempFile("trips", ".db").also { it.toFile().deleteOnExit() }
        check(bookElsewhere(runs, server.uri, "hotel SUCCESS") == KILLED) { "the power should have failed" }
        println("  (the power fails; the program is started again)")
        check(bookElsewhere(runs, server.uri) == 0) { "the second start should have ended well" }
        check(server.journal == listOf("booked flight", "booked hotel", "booked sedan")) { "nothing should have been booked twice" }
    }
}

private suspend fun bookHere(vararg soldOut: String): List<String> =
    BookingServer(*soldOut).use { server ->
        val engine = WorkflowEngine { listener(TripNarrator()) }
        engine.execute(tripAt(BookingDesk(server.uri)), Inputs.of(traveller, "Ada"))
        server.journal
    }

/** Books in a separate process that inherits our output; returns its exit code. */
fun bookElsewhere(
    runs: Path,
    server: URI,
    vararg powerCut: String,
    told: ProcessBuilder.Redirect = ProcessBuilder.Redirect.INHERIT,
): Int {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    val program = listOf(java, "-cp", System.getProperty("java.class.path"), "dev.reprise.samples.trip.TripProgram")
    return ProcessBuilder(program + listOf("$runs", "$server") + powerCut)
        .redirectOutput(told)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
        .waitFor()
}
