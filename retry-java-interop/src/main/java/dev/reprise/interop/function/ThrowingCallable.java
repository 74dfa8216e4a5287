package dev.reprise.interop.function;

import org.jspecify.annotations.Nullable;

/**
 * A body that returns a result and can throw a checked exception.
 *
 * @param <E> the type of the exception; the compiler infers {@code RuntimeException} for a body
 *     that throws no checked one
 */
@FunctionalInterface
public interface ThrowingCallable<T extends @Nullable Object, E extends Exception> {
    /**
     * Runs one attempt.
     *
     * @throws E if the attempt fails
     */
    T call() throws E;
}
