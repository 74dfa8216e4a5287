package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.internal.RunnerThreads;
import dev.reprise.interop.internal.WorkflowExecution;
import dev.reprise.workflow.WorkflowEngine;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import dev.reprise.workflow.operate.RunPage;
import dev.reprise.workflow.operate.RunQuery;
import dev.reprise.workflow.operate.RunSnapshot;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What a {@link WorkflowRunner} does with runs that are stored: lists, undoing, removal. */
abstract sealed class StoredRuns permits WorkflowRunner {
    final RunnerThreads threads;
    final WorkflowEngine engine;

    StoredRuns(RunnerOptions options) {
        threads = new RunnerThreads(options.threads(), options.time);
        engine = threads.engine(options.store, options::applyTo);
    }

    /**
     * The first 50 stored runs that fit, the oldest first.
     *
     * @param query for example {@code RunQuery.ALL.states(WorkflowState.FAILURE)}
     * @return a page, with the cursor of the next one
     * @throws InterruptedException if this thread is interrupted
     */
    public RunPage runs(RunQuery query) throws InterruptedException {
        return runs(query, null, 50);
    }

    /**
     * {@return the stored runs that fit, the oldest first: a page, with the cursor of the next}
     *
     * @param query which runs
     * @param after {@code getNext()} of the page before; null: from the start
     * @param limit at most so many; 1 to 500
     * @throws IllegalArgumentException if {@code after} or {@code limit} is not allowed
     * @throws InterruptedException if this thread is interrupted
     */
    public RunPage runs(RunQuery query, @Nullable String after, int limit)
            throws InterruptedException {
        requireNonNull(query, "query");
        return threads.block(done -> engine.runs(query, after, limit, done));
    }

    /**
     * {@return a stored run for looking only, also one that a runner has; null if there is none}
     *
     * @param id the id of the run
     * @throws InterruptedException if this thread is interrupted
     */
    public @Nullable RunSnapshot read(String id) throws InterruptedException {
        requireNonNull(id, "id");
        return threads.block(done -> engine.read(id, done));
    }

    /**
     * Undoes all that has run of a stored run, whatever it ended as: reverts are called in reverse
     * order, those that have failed are called again. If this process dies, the run can only go on
     * backwards.
     *
     * @param workflow the workflow of the run
     * @param id the id of the run
     * @return {@code Reverted}, or {@code Failed} if a revert threw
     * @throws java.util.NoSuchElementException if there is no such run, or it has not started
     * @throws dev.reprise.workflow.model.RunTakenException if a runner has it
     * @throws InterruptedException if this thread is interrupted
     */
    public WorkflowOutcome undo(Workflow workflow, String id) throws InterruptedException {
        return undoing(workflow, id).execute();
    }

    /**
     * Undoes like {@link #undo} on the executor.
     *
     * @param workflow the workflow of the run
     * @param id the id of the run
     * @return {@code Reverted}, or {@code Failed} if a revert threw
     */
    public CompletableFuture<WorkflowOutcome> undoAsync(Workflow workflow, String id) {
        return undoing(workflow, id).executeAsync();
    }

    private WorkflowExecution undoing(Workflow workflow, String id) {
        return new WorkflowExecution(threads, done -> engine.undo(workflow, id, done));
    }

    /**
     * Resets all tasks of a stored run without undoing them, so that it starts over.
     *
     * @param workflow the workflow of the run
     * @param id the id of the run
     * @throws java.util.NoSuchElementException if there is no such run, or it has not started
     * @throws dev.reprise.workflow.model.RunTakenException if a runner has it
     * @throws InterruptedException if this thread is interrupted
     */
    public void reset(Workflow workflow, String id) throws InterruptedException {
        threads.block(done -> engine.reset(workflow, id, done));
    }

    /**
     * Removes runs and all that is known about them. Runs that a runner has are skipped.
     *
     * @param ids the ids of the runs
     * @return the ids of those that were removed
     * @throws InterruptedException if this thread is interrupted
     */
    public Set<String> remove(Collection<String> ids) throws InterruptedException {
        return threads.block(done -> engine.remove(ids, done));
    }
}
