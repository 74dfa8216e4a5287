package dev.reprise.interop.function;

import dev.reprise.workflow.model.TaskScope;
import org.jspecify.annotations.Nullable;

/** What a task without a result does; otherwise like {@link TaskBody}. */
@FunctionalInterface
public interface Action {
    /**
     * Does the work.
     *
     * @param scope the values that the task requires
     * @throws Exception if it fails; the controllers around the task decide what happens
     */
    void execute(TaskScope scope) throws Exception;

    /** An action with one value. */
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

    /** An action with two values. */
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
