package dev.reprise.interop.function;

import dev.reprise.workflow.model.TaskScope;
import org.jspecify.annotations.Nullable;

/**
 * What a task does. It can block: it runs on the executor of its runner, and is interrupted when
 * its run is cancelled.
 */
@FunctionalInterface
public interface TaskBody<R extends @Nullable Object> {
    /**
     * Does the work.
     *
     * @param scope the values that the task requires
     * @throws Exception if it fails; the controllers around the task decide what happens
     */
    R execute(TaskScope scope) throws Exception;

    /** A body with one value. */
    @FunctionalInterface
    interface Of1<A extends @Nullable Object, R extends @Nullable Object> {
        /**
         * Does the work.
         *
         * @param value what the task requires
         * @throws Exception if it fails
         */
        R execute(A value) throws Exception;
    }

    /** A body with two values. */
    @FunctionalInterface
    interface Of2<
            A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object> {
        /**
         * Does the work.
         *
         * @param first what the task requires first
         * @param second what it requires second
         * @throws Exception if it fails
         */
        R execute(A first, B second) throws Exception;
    }
}
