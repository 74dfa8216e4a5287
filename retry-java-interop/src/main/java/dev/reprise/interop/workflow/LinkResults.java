package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.SourceResults;
import org.jspecify.annotations.Nullable;

/** What a decider sees: the results of the tasks before the links that it decides about. */
public final class LinkResults {
    private final SourceResults results;

    LinkResults(SourceResults results) {
        this.results = results;
    }

    /**
     * Reads the result of a task.
     *
     * @param <R> its type
     * @param task the source of a link
     * @return null if it returned null, was passed over, or is not before such a link
     */
    public <R extends @Nullable Object> @Nullable R get(TaskStep<R> task) {
        return FlowBridge.result(results, task.handle);
    }
}
