package dev.reprise.interop.function;

import org.jspecify.annotations.Nullable;

/**
 * Undoes a task that had succeeded.
 *
 * @param <R> the type of its result
 */
@FunctionalInterface
public interface Undo<R extends @Nullable Object> {
    /**
     * Undoes the work.
     *
     * @param result what the task had returned
     * @throws Exception if that fails: the run ends then, and an operator has to look at it
     */
    void undo(R result) throws Exception;
}
