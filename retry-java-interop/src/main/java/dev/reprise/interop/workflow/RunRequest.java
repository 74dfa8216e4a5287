package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.workflow.model.Inputs;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Which workflow is run, with what, and under which name. An immutable value; each call runs it.
 *
 * <p>{@code run} throws what ended a run badly, {@code outcome} returns it like every other. Both
 * refuse, before anything runs, a workflow that cannot run ({@code InvalidWorkflowException}) and a
 * run that another runner has ({@code RunTakenException}). Several failures come as one {@code
 * WorkflowReport}; a single one is thrown as it is, with the report suppressed in it.
 */
public final class RunRequest {
    private final RunBridge bridge;
    private final Workflow workflow;
    private final Inputs inputs;
    private final @Nullable String id;

    private RunRequest(RunBridge bridge, Workflow workflow, Inputs inputs, @Nullable String id) {
        this.bridge = bridge;
        this.workflow = workflow;
        this.inputs = inputs;
        this.id = id;
    }

    static RunRequest of(RunBridge bridge, Workflow workflow) {
        return new RunRequest(bridge, workflow, Inputs.none, null);
    }

    /**
     * Gives the run a value to begin with. It wins over whatever tasks provide under that name.
     *
     * @param <T> the type of the value
     * @param key what the tasks require
     * @param value the value
     * @return a changed copy
     */
    public <T extends @Nullable Object> RunRequest input(Key<T> key, T value) {
        return new RunRequest(bridge, workflow, inputs.with(key, value), id);
    }

    RunRequest inputs(Inputs all) {
        return new RunRequest(bridge, workflow, all, id);
    }

    /**
     * Names the run. With the name of a stored run it goes on where that one was, with the inputs
     * that were stored with it.
     *
     * @param id default: a new one for each call
     * @return a changed copy
     */
    public RunRequest id(String id) {
        return new RunRequest(bridge, workflow, inputs, requireNonNull(id, "id"));
    }

    /**
     * Runs to the end while this thread waits.
     *
     * @return {@code Success}, or {@code Suspended}
     * @throws Exception what ended the run; {@code InterruptedException} if this thread is
     *     interrupted: running tasks are interrupted then and the state is kept
     */
    public WorkflowOutcome run() throws Exception {
        return RunBridge.orThrow(outcome());
    }

    /**
     * Runs to the end while this thread waits.
     *
     * @return how the run ended
     * @throws InterruptedException if this thread is interrupted: running tasks are interrupted
     *     then and the state is kept
     */
    public WorkflowOutcome outcome() throws InterruptedException {
        return bridge.outcome(workflow, inputs, idOrNew());
    }

    /**
     * Runs to the end on the executor. The future always completes, with the failure itself.
     *
     * <p>Cancelling it interrupts running tasks, cancels their stages and keeps the state; the run
     * is given back when they have ended. Keep the future itself for that: a stage derived from it
     * does not pass a cancellation up.
     *
     * @return {@code Success} or {@code Suspended}, or what ended the run
     */
    public CompletableFuture<WorkflowOutcome> runAsync() {
        return bridge.runAsync(workflow, inputs, idOrNew());
    }

    /**
     * Runs like {@link #runAsync}, but a run that ends badly is an outcome like every other.
     *
     * @return how the run ended
     */
    public CompletableFuture<WorkflowOutcome> outcomeAsync() {
        return bridge.outcomeAsync(workflow, inputs, idOrNew());
    }

    /**
     * Takes the run without running it, to look at it and to suspend it.
     *
     * @return the run; the caller closes it
     * @throws InterruptedException if this thread is interrupted
     */
    public OpenRun open() throws InterruptedException {
        return new OpenRun(bridge.open(workflow, inputs, idOrNew()));
    }

    private String idOrNew() {
        return id == null ? UUID.randomUUID().toString() : id;
    }
}
