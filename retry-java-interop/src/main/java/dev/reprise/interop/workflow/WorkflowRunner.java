package dev.reprise.interop.workflow;

import dev.reprise.workflow.model.Workflow;
import java.util.Objects;

/**
 * Runs workflows and keeps their state in a store.
 *
 * <pre>{@code
 * WorkflowRunner runner = WorkflowRunner.builder().store(store).parallelism(4).build();
 * WorkflowOutcome outcome = runner.of(trip).input(traveller, "Ada").id("trip-7").run();
 * String ticket = outcome.getValues().get(flight);
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class WorkflowRunner {
    private final RunBridge bridge;

    WorkflowRunner(RunBridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Starts to tell how workflows are run.
     *
     * @return a new builder
     */
    public static WorkflowRunnerBuilder builder() {
        return new WorkflowRunnerBuilder();
    }

    /**
     * Starts to tell which workflow is run.
     *
     * @param workflow made by {@link Workflows}, or in Kotlin
     * @return a request for a new run, without inputs
     */
    public RunRequest of(Workflow workflow) {
        return RunRequest.of(bridge, Objects.requireNonNull(workflow, "workflow"));
    }
}
