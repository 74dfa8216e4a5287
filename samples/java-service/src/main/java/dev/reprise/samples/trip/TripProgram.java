package dev.reprise.samples.trip;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.workflow.model.RunTakenException;
import dev.reprise.workflow.model.ValueCodec;
import dev.reprise.workflow.model.WorkflowListener;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/** Books a trip in a separate process, or continues booking it. */
final class TripProgram {
    /** The exit code of a process that was killed. */
    static final int KILLED = 137;

    private TripProgram() {}

    /**
     * Arguments: the file of the runs, the server, and, if wanted, the event at which the power
     * fails.
     */
    public static void main(String[] args) throws Exception {
        Path runs = Path.of(args[0]);
        BookingDesk desk = new BookingDesk(URI.create(args[1]));
        String end = args.length > 2 ? args[2] : "";
        WorkflowListener powerCut = event -> haltAt(end, event.toString());
        try (WorkflowRunner runner =
                WorkflowRunner.open(runs, ValueCodec.Json, Duration.ofSeconds(1))
                        .listener(new TripNarrator(System.out::println))
                        .listener(powerCut)
                        .build()) {
            book(runner.of(Trip.at(desk)).input(Trip.TRAVELLER, "Ada").id("trip of Ada"));
        }
    }

    /** A run belongs to a process that died until its lease expires: that long we retry. */
    private static void book(WorkflowRunner.Request trip) throws Exception {
        RetryRunner untilItIsFree =
                RetryRunner.builder()
                        .on(RunTakenException.class)
                        .every(Duration.ofMillis(100))
                        .maxDuration(Duration.ofSeconds(30))
                        .build();
        untilItIsFree.call(trip::execute);
    }

    private static void haltAt(String end, String event) {
        if (event.equals(end)) {
            Runtime.getRuntime().halt(KILLED);
        }
    }
}
