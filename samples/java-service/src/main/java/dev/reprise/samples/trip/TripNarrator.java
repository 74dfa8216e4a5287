package dev.reprise.samples.trip;

import dev.reprise.workflow.model.WorkflowEvent;
import dev.reprise.workflow.model.WorkflowListener;
import dev.reprise.workflow.model.WorkflowState;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/** Prints what happens to a trip, in words. */
final class TripNarrator implements WorkflowListener {
    private final Consumer<String> say;
    private final Set<String> refused = new HashSet<>();

    TripNarrator(Consumer<String> say) {
        this.say = say;
    }

    @Override
    public void onEvent(WorkflowEvent event) {
        if (event instanceof WorkflowEvent.TaskChanged moved && !moved.isController()) {
            tell(moved);
        } else if (event instanceof WorkflowEvent.RunChanged moved) {
            tell(moved.getTo());
        }
    }

    private void tell(WorkflowEvent.TaskChanged moved) {
        String task = moved.getTask();
        switch (moved.getTo()) {
            case SUCCESS -> say.accept("  " + task + ": booked " + moved.getResult());
            case FAILURE -> {
                refused.add(task);
                say.accept("  " + task + ": not available - " + why(moved));
            }
            case REVERTED -> {
                if (!refused.remove(task)) {
                    say.accept("  " + task + ": booking cancelled");
                }
            }
            case REVERT_FAILURE ->
                    say.accept("  " + task + ": could not be cancelled - " + why(moved));
            default -> {}
        }
    }

    private static String why(WorkflowEvent.TaskChanged moved) {
        Throwable failure = moved.getFailure();
        return failure == null ? "for an unknown reason" : String.valueOf(failure.getMessage());
    }

    private void tell(WorkflowState state) {
        switch (state) {
            case RESUMING ->
                    say.accept(
                            "  (an earlier process started this trip and died: we continue from there)");
            case SUCCESS -> say.accept("  Have a good trip!");
            case REVERTED -> say.accept("  No trip this time; all bookings are cancelled.");
            case FAILURE -> say.accept("  An operator has to look at this trip.");
            default -> {}
        }
    }
}
