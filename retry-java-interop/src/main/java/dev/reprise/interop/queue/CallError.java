package dev.reprise.interop.queue;

import dev.reprise.queue.model.AttemptError;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is written down about an attempt that failed, or about a claim whose worker died.
 *
 * @param attempt the attempts made when this was written, this one included
 * @param at when it was written
 * @param type the class of the failure
 * @param message its message, cut to 4000 characters
 * @param worker the nonce of the worker; null if the attempt was made before the call was stored
 */
public record CallError(
        int attempt, Instant at, String type, String message, @Nullable String worker) {
    static CallError of(AttemptError error) {
        return new CallError(
                error.getAttempt(),
                Instant.ofEpochMilli(error.getAt()),
                error.getType(),
                error.getMessage(),
                error.getWorker());
    }
}
