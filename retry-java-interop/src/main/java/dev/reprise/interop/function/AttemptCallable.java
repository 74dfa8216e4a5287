package dev.reprise.interop.function;

import dev.reprise.run.Attempt;
import org.jspecify.annotations.Nullable;

/**
 * A body that uses the facts of its attempt, such as its number.
 *
 * @param <E> the type of the exception; the compiler infers {@code RuntimeException} for a body
 *     that throws no checked one
 */
@FunctionalInterface
public interface AttemptCallable<T extends @Nullable Object, E extends Exception> {
    /**
     * Runs one attempt.
     *
     * @param attempt the facts at its start
     * @throws E if the attempt fails
     */
    T call(Attempt attempt) throws E;
}
