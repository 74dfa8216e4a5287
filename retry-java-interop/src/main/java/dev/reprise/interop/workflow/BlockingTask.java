package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.TaskOutcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A task as a class, for tasks that are used in several workflows. Added with {@link
 * Steps#add(BlockingTask)}.
 *
 * <p>It is a definition and may run many times at once: what it needs comes from its context, what
 * it makes it returns.
 *
 * @param <R> the type of the result
 */
public interface BlockingTask<R extends @Nullable Object> {
    /**
     * Names the task.
     *
     * @return unique in a workflow
     */
    String name();

    /**
     * Does the work.
     *
     * @param context the values that the task requires
     * @return the result
     * @throws Exception if it fails; the controllers around the task are asked what to do
     */
    R execute(TaskContext context) throws Exception;

    /**
     * Undoes the work. Default: nothing.
     *
     * @param outcome how {@link #execute} ended
     * @param context the values that the task requires, and why the run is undone
     * @return anything; it is kept with the run
     * @throws Exception if undoing fails
     */
    default @Nullable Object revert(TaskOutcome<R> outcome, RevertContext context)
            throws Exception {
        return null;
    }

    /**
     * What {@link #execute} and {@link #revert} read from their contexts.
     *
     * @return keys and tasks; default: none
     */
    default List<Input<?>> requires() {
        return List.of();
    }

    /**
     * Where the result is found.
     *
     * @return a key; default: null, only by the step of the task
     */
    default @Nullable Key<? super R> provides() {
        return null;
    }

    /**
     * The version that is stored with the state of the task.
     *
     * @return default: 1.0
     */
    default String version() {
        return "1.0";
    }
}
