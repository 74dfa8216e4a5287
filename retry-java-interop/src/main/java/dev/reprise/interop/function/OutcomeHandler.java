package dev.reprise.interop.function;

import dev.reprise.queue.model.CallOutcome;

/** Receives the outcomes of calls. */
@FunctionalInterface
public interface OutcomeHandler {
    /**
     * Processes an outcome.
     *
     * @param outcome how the call ended
     * @throws Exception if that fails; the callback is retried like any durable call
     */
    void handle(CallOutcome outcome) throws Exception;
}
