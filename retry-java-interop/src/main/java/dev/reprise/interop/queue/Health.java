package dev.reprise.interop.queue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a queue is doing, as far as this process knows without asking anybody.
 *
 * @param isRunning true from {@code start} to {@code close}
 * @param storeAwayFor for how long the store has not answered; null while it answers
 * @param storeFailure why the store did not answer last; null while it answers
 * @param inHand how many calls this worker has claimed and not settled yet
 * @param hungHandlers how many handlers were cut and go on all the same
 * @param staleResults how many settlements came too late, because others had the call by then
 */
public record Health(
        boolean isRunning,
        @Nullable Duration storeAwayFor,
        @Nullable Throwable storeFailure,
        int inHand,
        int hungHandlers,
        long staleResults) {
    /**
     * Sums it up.
     *
     * @return true if the queue runs and the store answers
     */
    public boolean isGood() {
        return isRunning && storeAwayFor == null;
    }
}
