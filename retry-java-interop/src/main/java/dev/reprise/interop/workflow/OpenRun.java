package dev.reprise.interop.workflow;

import dev.reprise.workflow.WorkflowRun;
import dev.reprise.workflow.model.WorkflowOutcome;
import dev.reprise.workflow.model.WorkflowState;
import dev.reprise.workflow.model.WorkflowValues;
import dev.reprise.workflow.spi.TaskRecord;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * One run of a workflow, owned by one runner until it is closed.
 *
 * <p>What it is asked for ({@link #state}, {@link #records}, {@link #values}, {@link #failures},
 * {@link #history}) may be asked at any time, by any thread.
 */
public final class OpenRun implements AutoCloseable {
    private final RunControl control;
    private final WorkflowRun run;

    OpenRun(RunControl control) {
        this.control = control;
        this.run = control.getRun();
    }

    /**
     * Tells where the run stands.
     *
     * @return the state
     */
    public WorkflowState state() {
        return run.getState();
    }

    /**
     * Tells what is known about each task and controller.
     *
     * @return in the order of the workflow
     */
    public List<TaskRecord> records() {
        return run.getRecords();
    }

    /**
     * Gives the values that can be read.
     *
     * @return those of the inputs and of tasks that have succeeded
     */
    public WorkflowValues values() {
        return run.getValues();
    }

    /**
     * Tells what has failed. Failures of earlier attempts stand in the histories.
     *
     * @return by the name of the task or controller
     */
    public Map<String, Throwable> failures() {
        return run.getFailures();
    }

    /**
     * Tells what a controller has tried.
     *
     * @param controller its name
     * @return its history
     * @throws java.util.NoSuchElementException if no controller has that name
     */
    public ControllerHistory history(String controller) {
        return new ControllerHistory(run.history(controller));
    }

    /**
     * Runs, while this thread waits, until nothing is left to do or until it is suspended; goes on
     * where it was. A run that has succeeded does nothing, one that was undone begins anew.
     *
     * @return {@code Success}, or {@code Suspended}
     * @throws IllegalStateException if it is running already
     * @throws Exception what ended the run; {@code InterruptedException} as for {@link
     *     RunRequest#run}
     */
    public WorkflowOutcome run() throws Exception {
        return RunBridge.orThrow(outcome());
    }

    /**
     * Runs like {@link #run}, but a run that ends badly is returned like every other.
     *
     * @return how the run, or this stretch of it, ended
     * @throws IllegalStateException if it is running already
     * @throws InterruptedException as for {@link RunRequest#outcome}
     */
    public WorkflowOutcome outcome() throws InterruptedException {
        return control.outcome();
    }

    /**
     * Runs like {@link #run} on the executor; the future is like that of {@link
     * RunRequest#runAsync}.
     *
     * @return {@code Success} or {@code Suspended}, or what ended the run
     */
    public CompletableFuture<WorkflowOutcome> runAsync() {
        return control.runAsync();
    }

    /**
     * Runs like {@link #outcome} on the executor.
     *
     * @return how the run, or this stretch of it, ended
     */
    public CompletableFuture<WorkflowOutcome> outcomeAsync() {
        return control.outcomeAsync();
    }

    /**
     * Asks the run to rest. What is running may end; nothing new is started. Ignored unless it is
     * running.
     */
    public void requestSuspension() {
        run.requestSuspension();
    }

    /**
     * Puts every task back to its beginning, without undoing anything.
     *
     * @throws IllegalStateException if it is running
     * @throws InterruptedException if this thread is interrupted
     */
    public void reset() throws InterruptedException {
        control.reset();
    }

    /**
     * Gives the run back, for any runner to go on with it. A run that is still running is cancelled
     * first, and its tasks have ended when this returns; so do not call it from one of them. What
     * was asked for and has not begun, or is asked for afterwards, ends with a {@code
     * CancellationException}. An interruption of this thread does not shorten the wait, and is
     * kept.
     */
    @Override
    public void close() {
        control.close();
    }
}
