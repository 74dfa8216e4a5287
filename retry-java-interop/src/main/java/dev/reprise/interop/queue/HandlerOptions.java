package dev.reprise.interop.queue;

import dev.reprise.queue.RetryQueueBuilder;
import java.util.Objects;

/** Says how the calls of one handler are run; everything has a default. */
public final class HandlerOptions {
    String lane = RetryQueueBuilder.DEFAULT_LANE;
    int version = 1;
    int concurrency = Integer.MAX_VALUE;

    HandlerOptions() {}

    /**
     * Puts the handler into a lane, which {@link QueueRunnerBuilder#lane} sets up. Default: {@code
     * default}.
     *
     * @param name of the lane; 1 to 200 characters
     * @return these options
     */
    public HandlerOptions lane(String name) {
        this.lane = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * The version of the handler's code, which is written down with every attempt. Default: 1.
     *
     * @param number as the program counts
     * @return these options
     */
    public HandlerOptions version(int number) {
        this.version = number;
        return this;
    }

    /**
     * How many calls of this handler run at a time in this process. Default: what the lane allows.
     *
     * @param calls at least 1
     * @return these options
     */
    public HandlerOptions concurrency(int calls) {
        this.concurrency = calls;
        return this;
    }
}
