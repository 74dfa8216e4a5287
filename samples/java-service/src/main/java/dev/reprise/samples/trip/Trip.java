package dev.reprise.samples.trip;

import dev.reprise.interop.workflow.Keys;
import dev.reprise.interop.workflow.WorkflowRetry;
import dev.reprise.interop.workflow.Workflows;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.Workflow;
import java.util.List;

/** A flight, a hotel, and a car, of which any of two will do. All of it, or nothing. */
final class Trip {
    static final Key<String> TRAVELLER = Keys.of("traveller", String.class);
    static final Key<String> CAR = Keys.of("car", String.class);

    private Trip() {}

    static Workflow at(BookingDesk desk) {
        return Workflows.linear(
                "trip",
                steps -> {
                    steps.task("flight", TRAVELLER, who -> desk.book("flight", who))
                            .revert(desk::cancel);
                    steps.task("hotel", TRAVELLER, who -> desk.book("hotel", who))
                            .revert(desk::cancel);
                    steps.linear(
                            "wheels",
                            WorkflowRetry.forEach(List.of("sedan", "van")).provides(CAR),
                            wheels ->
                                    wheels.task("rental", CAR, TRAVELLER, desk::book)
                                            .revert(desk::cancel));
                });
    }
}
