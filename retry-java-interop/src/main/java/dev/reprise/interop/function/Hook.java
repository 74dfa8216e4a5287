package dev.reprise.interop.function;

import org.jspecify.annotations.Nullable;

/**
 * Called before or after the code of a task.
 *
 * @param <T> what it receives
 */
@FunctionalInterface
public interface Hook<T extends @Nullable Object> {
    /**
     * Called once per call of the task or its revert.
     *
     * @param about a scope, or a result
     * @throws Exception a failure of the task, or of its revert
     */
    void call(T about) throws Exception;
}
