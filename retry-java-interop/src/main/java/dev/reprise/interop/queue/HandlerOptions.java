package dev.reprise.interop.queue;

import dev.reprise.interop.internal.HandlerSettings;
import java.time.Duration;
import java.util.Objects;

/** The options of one handler; each has a default. */
public final class HandlerOptions {
    final HandlerSettings settings = new HandlerSettings();

    HandlerOptions() {}

    /**
     * Puts the handler into a lane, which {@link QueueRunner.Builder#lane} configures.
     *
     * @param name of the lane; 1 to 200 characters; default: {@code default}
     */
    public HandlerOptions lane(String name) {
        settings.setLane(Objects.requireNonNull(name, "name"));
        return this;
    }

    /**
     * Sets the version of the handler's code, which is recorded with every attempt.
     *
     * @param number any number; default: 1
     */
    public HandlerOptions version(int number) {
        settings.setVersion(number);
        return this;
    }

    /**
     * Sets how many calls of this handler run at a time in this process.
     *
     * @param calls at least 1; default: what the lane allows
     */
    public HandlerOptions concurrency(int calls) {
        settings.setConcurrency(calls);
        return this;
    }

    /**
     * Sets how long the finished calls of this handler are kept.
     *
     * @param time not negative; default: what the queue sets
     */
    public HandlerOptions retention(Duration time) {
        settings.setRetention(Objects.requireNonNull(time, "time"));
        return this;
    }

    /**
     * Sets whether the requests of calls that succeeded are kept.
     *
     * @param keep false to delete them; default: true
     */
    public HandlerOptions keepPayload(boolean keep) {
        settings.setKeepPayload(keep);
        return this;
    }

    /**
     * Sets whether calls that succeeded are kept for the retention. Without it they are counted
     * only, so that {@code find} and {@code await} do not know them afterwards.
     *
     * @param keep false to delete them; default: true
     */
    public HandlerOptions keepSucceeded(boolean keep) {
        settings.setKeepSucceeded(keep);
        return this;
    }
}
