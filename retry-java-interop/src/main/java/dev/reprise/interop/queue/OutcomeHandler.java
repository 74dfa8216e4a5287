package dev.reprise.interop.queue;

import dev.reprise.queue.model.CallOutcome;

/** Hears how calls ended. */
@FunctionalInterface
public interface OutcomeHandler {
    /**
     * Takes note of an outcome.
     *
     * @param outcome how the call ended
     * @throws Exception if that fails; the outcome is told again, as a durable call is retried
     */
    void handle(CallOutcome outcome) throws Exception;
}
