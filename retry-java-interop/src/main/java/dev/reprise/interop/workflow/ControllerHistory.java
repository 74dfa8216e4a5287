package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.Input;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a controller has tried so far. An immutable value. */
public final class ControllerHistory {
    private final dev.reprise.workflow.model.ControllerHistory history;

    ControllerHistory(dev.reprise.workflow.model.ControllerHistory history) {
        this.history = history;
    }

    /**
     * Makes a history, for tests of controllers.
     *
     * @param attempts oldest first
     * @return the history
     */
    public static ControllerHistory of(List<Attempt> attempts) {
        return new ControllerHistory(ControllerBridge.history(attempts));
    }

    /**
     * One attempt.
     *
     * @param value what the controller provided
     * @param failures by the name of the task, in the order in which they came
     * @param elapsed from the start of the first attempt to the latest failure of this one
     * @param nextWait the wait that was decided on after it
     */
    public record Attempt(
            @Nullable Object value,
            Map<String, Throwable> failures,
            Duration elapsed,
            Duration nextWait) {}

    /**
     * The attempts that have begun.
     *
     * @return oldest first; the running one is among them
     */
    public List<Attempt> attempts() {
        return ControllerBridge.attempts(history);
    }

    /**
     * Counts the attempts.
     *
     * @return 0 before the first
     */
    public int size() {
        return history.getSize();
    }

    /**
     * The failures of the running attempt.
     *
     * @return by the name of the task, in the order in which they came
     */
    public Map<String, Throwable> failures() {
        return history.getFailures();
    }

    /**
     * The latest failure of the running attempt.
     *
     * @return null if there is none
     */
    public @Nullable Throwable lastFailure() {
        return history.getLastFailure();
    }

    /**
     * What the controller itself threw.
     *
     * @return null unless its latest call threw
     */
    public @Nullable Throwable ownFailure() {
        return history.getOwnFailure();
    }

    /**
     * Looks for a kind of failure in the running attempt.
     *
     * @param type a class
     * @return true if one of {@link #failures()}, or one of their causes, is of it
     */
    public boolean isCausedBy(Class<? extends Throwable> type) {
        return ControllerBridge.isCausedBy(history, type);
    }

    /**
     * Reads something that the controller requires.
     *
     * @param <T> the type of the value
     * @param input a key, or the task whose result it is
     * @return the value
     * @throws IllegalArgumentException if the controller does not require it
     */
    public <T extends @Nullable Object> T get(Input<? extends T> input) {
        return history.get(input);
    }
}
