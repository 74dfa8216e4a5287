package dev.reprise.interop.workflow;

import org.jspecify.annotations.Nullable;

/** What a task without a result does; else like {@link TaskBody}. */
@FunctionalInterface
public interface Action {
    /**
     * Does the work.
     *
     * @param context the values that the task requires
     * @throws Exception if it fails; the controllers around the task are asked what to do
     */
    void execute(TaskContext context) throws Exception;

    /**
     * An action with one value.
     *
     * @param <A> the type of the value
     */
    @FunctionalInterface
    interface Of1<A extends @Nullable Object> {
        /**
         * Does the work.
         *
         * @param value what the task requires
         * @throws Exception if it fails
         */
        void execute(A value) throws Exception;
    }

    /**
     * An action with two values.
     *
     * @param <A> the type of the first value
     * @param <B> the type of the second value
     */
    @FunctionalInterface
    interface Of2<A extends @Nullable Object, B extends @Nullable Object> {
        /**
         * Does the work.
         *
         * @param first what the task requires first
         * @param second what it requires second
         * @throws Exception if it fails
         */
        void execute(A first, B second) throws Exception;
    }
}
