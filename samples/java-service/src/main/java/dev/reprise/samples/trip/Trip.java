package dev.reprise.samples.trip;

import dev.reprise.interop.workflow.Workflows;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RetryControllers;
import dev.reprise.workflow.model.Workflow;
import java.util.List;

/** A flight, a hotel and one of two cars: everything or nothing. */
final class Trip {
    static final Key<String> TRAVELLER = Key.of("traveller", String.class);
    static final Key<String> CAR = Key.of("car", String.class);

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
                            RetryControllers.forEach(List.of("sedan", "van"), CAR),
                            wheels ->
                                    wheels.task("rental", CAR, TRAVELLER, desk::book)
                                            .revert(desk::cancel));
                });
    }
}
