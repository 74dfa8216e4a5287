package dev.reprise.samples.trip;

import dev.reprise.interop.workflow.WorkflowRunner;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Three trips. Each checks its own outcome. */
public final class TripStories {
    private TripStories() {}

    public static void tell() throws Exception {
        say("\n5. A trip: flight, hotel and car, at a server that is busy at first.");
        say("   There is no sedan left");
        check(bookHere("sedan").equals(List.of("booked flight", "booked hotel", "booked van")));

        say("\n6. A trip for which there is no car at all: all bookings are cancelled,");
        say("   in reverse order");
        check(
                bookHere("sedan", "van")
                        .equals(
                                List.of(
                                        "booked flight",
                                        "booked hotel",
                                        "cancelled hotel",
                                        "cancelled flight")));

        say("\n7. The power fails when the hotel is booked. The next start continues the trip");
        try (BookingServer server = new BookingServer()) {
            Path runs = Files.createTempFile("trips", ".db");
            runs.toFile().deleteOnExit();
            check(
                    bookElsewhere(Redirect.INHERIT, runs, server.uri(), "hotel SUCCESS")
                            == TripProgram.KILLED);
            say("  (the power fails; the program is started again)");
            check(bookElsewhere(Redirect.INHERIT, runs, server.uri()) == 0);
            List<String> once = List.of("booked flight", "booked hotel", "booked sedan");
            check(server.journal().equals(once));
        }
    }

    private static List<String> bookHere(String... soldOut) throws Exception {
        try (BookingServer server = new BookingServer(soldOut)) {
            WorkflowRunner.inMemory()
                    .listener(new TripNarrator(TripStories::say))
                    .build()
                    .of(Trip.at(new BookingDesk(server.uri())))
                    .input(Trip.TRAVELLER, "Ada")
                    .execute();
            return server.journal();
        }
    }

    /** Books in a separate process and returns its exit code. */
    static int bookElsewhere(Redirect told, Path runs, URI server, String... powerCut)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(TripProgram.class.getName(), runs.toString(), server.toString()));
        command.addAll(List.of(powerCut));
        return new ProcessBuilder(command)
                .redirectOutput(told)
                .redirectError(Redirect.INHERIT)
                .start()
                .waitFor();
    }

    private static void check(boolean holds) {
        if (!holds) {
            throw new IllegalStateException("the trip did not end as expected");
        }
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
