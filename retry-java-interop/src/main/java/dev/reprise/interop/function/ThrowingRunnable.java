package dev.reprise.interop.function;

/**
 * A body without a result that can throw a checked exception.
 *
 * @param <E> the type of the exception; the compiler infers {@code RuntimeException} for a body
 *     that throws no checked one
 */
@FunctionalInterface
public interface ThrowingRunnable<E extends Exception> {
    /**
     * Runs one attempt.
     *
     * @throws E if the attempt fails
     */
    void run() throws E;
}
