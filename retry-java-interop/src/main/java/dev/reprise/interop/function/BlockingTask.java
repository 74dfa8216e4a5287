package dev.reprise.interop.function;

import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RevertScope;
import dev.reprise.workflow.model.Task;
import dev.reprise.workflow.model.TaskOutcome;
import dev.reprise.workflow.model.TaskScope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A task as a class, for tasks that are used in several workflows.
 *
 * <p>It is a definition and can run many times at once: what it needs comes from its scope, and it
 * returns what it creates.
 */
public interface BlockingTask<R extends @Nullable Object> {
    /** {@return the name of the task, unique in a workflow} */
    String name();

    /**
     * Does the work.
     *
     * @param scope the values that the task requires
     * @throws Exception if it fails; the controllers around the task decide what happens
     */
    R execute(TaskScope scope) throws Exception;

    /**
     * Reverts the work. Default: nothing.
     *
     * @param outcome how {@link #execute} ended
     * @param scope the values that the task requires, and why the run is reverted
     * @return anything; it is stored with the run
     * @throws Exception if reverting fails
     */
    default @Nullable Object revert(TaskOutcome<R> outcome, RevertScope scope) throws Exception {
        return null;
    }

    /**
     * {@return the keys and tasks that {@link #execute} and {@link #revert} read from their scopes;
     * default: none}
     */
    default List<Input<?>> requires() {
        return List.of();
    }

    /** {@return the key of the result; default: null, only the step of the task reads it} */
    default @Nullable Key<? super R> provides() {
        return null;
    }

    /** {@return the version that is stored with the state of the task; default: 1.0} */
    default String version() {
        return Task.DEFAULT_VERSION;
    }
}
