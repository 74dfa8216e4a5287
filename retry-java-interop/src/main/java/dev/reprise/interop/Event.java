package dev.reprise.interop;

import dev.reprise.policy.StopReason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What happens in a run. Every attempt that ends with a failure or a rejected result tells {@link
 * AttemptFailed}, before the wait; every run ends with exactly one of {@link Succeeded}, {@link
 * GaveUp} and {@link Cancelled}.
 */
public sealed interface Event {
    /**
     * Counts attempts.
     *
     * @return the number of the attempt that ended last; 0 if there was none
     */
    int number();

    /**
     * The time of the event.
     *
     * @return from the start of the run to this event
     */
    Duration elapsed();

    /**
     * Why there is no further attempt, as data for a metric.
     *
     * @return null while there is one, and where the run has succeeded
     */
    @Nullable StopReason stopReason();

    /**
     * An attempt ended with a failure, or, where that is null, with a rejected result.
     *
     * @param number the number of the attempt, from 1
     * @param elapsed from the start of the run
     * @param failure null if the attempt returned
     * @param result what it returned; null if it failed
     * @param nextDelay the wait before the next attempt; null if there is none
     * @param stopReason why there is no next attempt; null if there is one
     */
    record AttemptFailed(
            int number,
            Duration elapsed,
            @Nullable Throwable failure,
            @Nullable Object result,
            @Nullable Duration nextDelay,
            @Nullable StopReason stopReason)
            implements Event {}

    /**
     * An attempt succeeded.
     *
     * @param number the number of the attempt
     * @param elapsed from the start of the run
     */
    record Succeeded(int number, Duration elapsed) implements Event {
        @Override
        public @Nullable StopReason stopReason() {
            return null;
        }
    }

    /**
     * There is no further attempt.
     *
     * @param number how many attempts were made
     * @param elapsed from the start of the run
     * @param failure what is thrown; null if the last result is returned, as {@code orLast()} says
     * @param report what the run did
     */
    record GaveUp(int number, Duration elapsed, @Nullable Throwable failure, Report report)
            implements Event {
        @Override
        public StopReason stopReason() {
            return report.reason();
        }
    }

    /**
     * The run's own future or thread was cancelled.
     *
     * @param number how many attempts had ended
     * @param elapsed from the start of the run
     */
    record Cancelled(int number, Duration elapsed) implements Event {
        @Override
        public StopReason stopReason() {
            return StopReason.CANCELLED;
        }
    }
}
