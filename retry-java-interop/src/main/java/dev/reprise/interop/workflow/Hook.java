package dev.reprise.interop.workflow;

import org.jspecify.annotations.Nullable;

/**
 * Called before or after the code of a task.
 *
 * @param <T> what it is told
 */
@FunctionalInterface
public interface Hook<T extends @Nullable Object> {
    /**
     * Does what is to be done there.
     *
     * @param about a context, or a result
     * @throws Exception a failure of the task, or of its revert
     */
    void call(T about) throws Exception;
}
