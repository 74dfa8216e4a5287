package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.TaskOutcome;
import org.jspecify.annotations.Nullable;

/**
 * Undoes a task, however it ended.
 *
 * @param <R> the type of its result
 */
@FunctionalInterface
public interface RevertBody<R extends @Nullable Object> {
    /**
     * Undoes the work.
     *
     * @param outcome what the task had returned or thrown; {@code TaskOutcome.Unknown} if its
     *     process died meanwhile
     * @param context the values that the revert requires, and why the run is undone
     * @return anything; it is kept with the run
     * @throws Exception if undoing fails: the run ends then, and somebody has to look at it
     */
    @Nullable Object revert(TaskOutcome<R> outcome, RevertContext context) throws Exception;
}
