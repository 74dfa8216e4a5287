package dev.reprise.spring;

import java.util.Map;

/** Whether the queue of an application works; the health of the starters shows it. Thread-safe. */
public interface QueueStatus {
    /** Whether the queue works. */
    enum State {
        /** It works, or this process only enqueues. */
        UP,
        /** The application is stopping: calls are accepted, and run in other processes. */
        OUT_OF_SERVICE,
        /** Its database cannot be reached, or it has failed. */
        DOWN
    }

    /** {@return whether the queue works} */
    State getState();

    /** {@return what is known about it, by name; no value is null} */
    Map<String, Object> getDetails();
}
