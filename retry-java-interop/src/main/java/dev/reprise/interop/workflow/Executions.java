package dev.reprise.interop.workflow;

import dev.reprise.interop.internal.WorkflowExecution;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.util.concurrent.CompletableFuture;

/** The four forms in which a workflow runs: returning or throwing, blocking or not. */
abstract sealed class Executions permits WorkflowRunner.Request, WorkflowRunner.Run {
    abstract WorkflowExecution execution();

    /**
     * Runs until nothing is left to do, or until the run is suspended, while this thread waits.
     *
     * @return how the run, or this execution of it, ended
     * @throws dev.reprise.workflow.model.InvalidWorkflowException if it cannot run, before anything
     *     has
     * @throws dev.reprise.workflow.model.RunTakenException if another runner owns the run
     * @throws IllegalStateException if the run is running already
     * @throws InterruptedException if this thread is interrupted: running tasks are interrupted
     *     then and the state is kept
     */
    public WorkflowOutcome execute() throws InterruptedException {
        return execution().execute();
    }

    /**
     * Runs like {@link #execute}, but throws what ended a run that did not succeed: the failure
     * itself, or a {@code WorkflowFailedException} with several.
     *
     * @return {@code Success} or {@code Suspended}
     * @throws Exception what ended the run; {@code InterruptedException} as for {@link #execute}
     */
    public WorkflowOutcome executeOrThrow() throws Exception {
        return execution().executeOrThrow();
    }

    /**
     * Runs like {@link #execute} on the executor. The future always completes.
     *
     * <p>Cancelling it interrupts running tasks, cancels their stages and keeps the state; the run
     * is released when they have ended. Keep the future itself for that: a stage derived from it
     * does not pass on a cancellation.
     *
     * @return how the run, or this execution of it, ended
     */
    public CompletableFuture<WorkflowOutcome> executeAsync() {
        return execution().executeAsync();
    }

    /**
     * Runs like {@link #executeAsync}; the future fails with what ended a run that did not succeed.
     *
     * @return {@code Success} or {@code Suspended}
     */
    public CompletableFuture<WorkflowOutcome> executeOrThrowAsync() {
        return execution().executeOrThrowAsync();
    }
}
