package dev.reprise.samples.trip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TripTest {
    private final List<String> said = new ArrayList<>();
    @TempDir private Path folder;

    @Test
    void withoutASedanItIsTheVan() throws Exception {
        try (BookingServer server = new BookingServer("sedan")) {
            assertEquals("van", book(server).get(Trip.CAR));
            assertEquals(List.of("booked flight", "booked hotel", "booked van"), server.journal());
        }
        assertEquals(
                List.of(
                        "  flight: booked flight/Ada",
                        "  hotel: booked hotel/Ada",
                        "  rental: not available - no sedan left",
                        "  rental: booked van/Ada",
                        "  Have a good trip!"),
                said);
    }

    @Test
    void withoutAnyCarEverythingIsCancelledInReverseOrder() throws Exception {
        try (BookingServer server = new BookingServer("sedan", "van")) {
            WorkflowOutcome.Reverted end =
                    assertInstanceOf(WorkflowOutcome.Reverted.class, book(server));
            assertEquals("no van left", end.getReport().getFailures().get("rental").getMessage());
            assertEquals(List.of(), end.getReport().getNotReverted());
            assertEquals(
                    List.of("booked flight", "booked hotel", "cancelled hotel", "cancelled flight"),
                    server.journal());
        }
    }

    @Test
    void killedAfterTheHotelIsBookedItContinuesAndBooksNothingTwice() throws Exception {
        Path runs = folder.resolve("runs.db");
        Path told = folder.resolve("told.txt");
        try (BookingServer server = new BookingServer()) {
            Redirect begin = Redirect.to(told.toFile());
            int first = TripStories.bookElsewhere(begin, runs, server.uri(), "hotel SUCCESS");
            assertEquals(TripProgram.KILLED, first);
            assertEquals(List.of("booked flight", "booked hotel"), server.journal());

            Redirect further = Redirect.appendTo(told.toFile());
            assertEquals(0, TripStories.bookElsewhere(further, runs, server.uri()));
            assertEquals(
                    List.of("booked flight", "booked hotel", "booked sedan"), server.journal());
        }
        assertEquals(
                List.of(
                        "  flight: booked flight/Ada",
                        "  hotel: booked hotel/Ada",
                        "  (an earlier process started this trip and died: we continue from there)",
                        "  rental: booked sedan/Ada",
                        "  Have a good trip!"),
                Files.readAllLines(told));
    }

    private WorkflowOutcome book(BookingServer server) throws Exception {
        return WorkflowRunner.inMemory()
                .listener(new TripNarrator(said::add))
                .build()
                .of(Trip.at(new BookingDesk(server.uri())))
                .input(Trip.TRAVELLER, "Ada")
                .execute();
    }
}
