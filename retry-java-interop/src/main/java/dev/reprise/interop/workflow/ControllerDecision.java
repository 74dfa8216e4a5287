package dev.reprise.interop.workflow;

import java.time.Duration;

/** What a {@link BlockingController} decides about a failure. */
public sealed interface ControllerDecision {
    /**
     * What is inside is undone, and runs again after a wait.
     *
     * @param after begins when all is undone
     */
    record Retry(Duration after) implements ControllerDecision {
        /**
         * Checks the wait.
         *
         * @param after begins when all is undone
         * @throws IllegalArgumentException if it is negative
         */
        public Retry {
            if (after.isNegative()) {
                throw new IllegalArgumentException("after must not be negative, but was " + after);
            }
        }
    }

    /** The controller gives up: the one outside is asked; nobody outside: everything is undone. */
    record Revert() implements ControllerDecision {}

    /** Everything is undone; no controller outside is asked. */
    record RevertAll() implements ControllerDecision {}

    /**
     * Another attempt at once.
     *
     * @return the decision
     */
    static ControllerDecision retry() {
        return new Retry(Duration.ZERO);
    }

    /**
     * Another attempt after a wait.
     *
     * @param wait begins when all is undone
     * @return the decision
     * @throws IllegalArgumentException if it is negative
     */
    static ControllerDecision retryAfter(Duration wait) {
        return new Retry(wait);
    }

    /**
     * Gives up, and asks outside.
     *
     * @return the decision
     */
    static ControllerDecision revert() {
        return new Revert();
    }

    /**
     * Gives up, and undoes the whole run.
     *
     * @return the decision
     */
    static ControllerDecision revertAll() {
        return new RevertAll();
    }
}
