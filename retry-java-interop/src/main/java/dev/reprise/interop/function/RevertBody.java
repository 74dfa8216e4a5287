package dev.reprise.interop.function;

import dev.reprise.workflow.model.RevertScope;
import dev.reprise.workflow.model.TaskOutcome;
import org.jspecify.annotations.Nullable;

/**
 * Reverts a task, however it ended.
 *
 * @param <R> the type of its result
 */
@FunctionalInterface
public interface RevertBody<R extends @Nullable Object> {
    /**
     * Reverts the work.
     *
     * @param outcome what the task had returned or thrown; {@code TaskOutcome.Unknown} if its
     *     process died
     * @param scope the values that the revert requires, and why the run is reverted
     * @return anything; it is stored with the run
     * @throws Exception if reverting fails: the run ends then, and an operator has to look at it
     */
    @Nullable Object revert(TaskOutcome<R> outcome, RevertScope scope) throws Exception;
}
