package dev.reprise.interop;

import org.jspecify.annotations.Nullable;

/**
 * A body that wants to know which attempt it makes.
 *
 * @param <T> what it returns
 */
@FunctionalInterface
public interface AttemptCallable<T extends @Nullable Object> {
    /**
     * Makes one attempt.
     *
     * @param attempt the facts at its start
     * @return the result
     * @throws Exception if the attempt fails
     */
    T call(AttemptInfo attempt) throws Exception;
}
