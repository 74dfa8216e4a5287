package dev.reprise.interop.function;

import dev.reprise.workflow.model.TaskScope;
import org.jspecify.annotations.Nullable;

/**
 * What a task does. It can block: it runs on the executor of its runner, and is interrupted when
 * its run is cancelled.
 *
 * @param <R> the type of the result
 */
@FunctionalInterface
public interface TaskBody<R extends @Nullable Object> {
    /**
     * Does the work.
     *
     * @param scope the values that the task requires
     * @return the result
     * @throws Exception if it fails; the controllers around the task decide what happens
     */
    R execute(TaskScope scope) throws Exception;

    /**
     * A body with one value.
     *
     * @param <A> the type of the value
     * @param <R> the type of the result
     */
    @FunctionalInterface
    interface Of1<A extends @Nullable Object, R extends @Nullable Object> {
        /**
         * Does the work.
         *
         * @param value what the task requires
         * @return the result
         * @throws Exception if it fails
         */
        R execute(A value) throws Exception;
    }

    /**
     * A body with two values.
     *
     * @param <A> the type of the first value
     * @param <B> the type of the second value
     * @param <R> the type of the result
     */
    @FunctionalInterface
    interface Of2<
            A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object> {
        /**
         * Does the work.
         *
         * @param first what the task requires first
         * @param second what it requires second
         * @return the result
         * @throws Exception if it fails
         */
        R execute(A first, B second) throws Exception;
    }
}
