package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.workflow.model.FlowKind;
import dev.reprise.workflow.model.Workflow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Says what is done, in which order, and what undoes it.
 *
 * <pre>{@code
 * Key<String> ip = Keys.of("ip", String.class);
 * Workflow send = Workflows.linear("send", WorkflowRetry.forEach(addresses).provides(ip), steps -> {
 *     TaskStep<Socket> socket = steps.task("connect", ip, this::open).revert(Socket::close);
 *     steps.action("send", socket, s -> s.getOutputStream().write(hello));
 * });
 * }</pre>
 *
 * <p>What a workflow is made of is checked when it is built: {@code InvalidWorkflowException} names
 * the tasks. A workflow is a definition; it may be run any number of times, by a {@link
 * WorkflowRunner} or from Kotlin.
 */
public final class Workflows {
    private Workflows() {}

    /**
     * Makes a workflow whose steps run one after the other. When something fails, everything is
     * undone.
     *
     * @param name of the workflow
     * @param steps adds its steps
     * @return the definition
     * @throws dev.reprise.workflow.model.InvalidWorkflowException if it cannot work
     */
    public static Workflow linear(String name, Consumer<? super WorkflowSteps> steps) {
        return workflow(FlowKind.LINEAR, name, null, steps);
    }

    /**
     * Makes a workflow whose steps run one after the other. When something fails, its controller
     * decides.
     *
     * @param name of the workflow
     * @param retry decides when something fails
     * @param steps adds its steps
     * @return the definition
     * @throws dev.reprise.workflow.model.InvalidWorkflowException if it cannot work
     */
    public static Workflow linear(
            String name, WorkflowRetry<?> retry, Consumer<? super WorkflowSteps> steps) {
        return workflow(FlowKind.LINEAR, name, retry, steps);
    }

    /**
     * Makes a workflow whose steps run in any order, at the same time if the runner is parallel.
     * When something fails, everything is undone.
     *
     * @param name of the workflow
     * @param steps adds its steps
     * @return the definition
     * @throws dev.reprise.workflow.model.InvalidWorkflowException if it cannot work
     */
    public static Workflow unordered(String name, Consumer<? super WorkflowSteps> steps) {
        return workflow(FlowKind.UNORDERED, name, null, steps);
    }

    /**
     * Makes a workflow whose steps run in any order, at the same time if the runner is parallel.
     * When something fails, its controller decides.
     *
     * @param name of the workflow
     * @param retry decides when something fails
     * @param steps adds its steps
     * @return the definition
     * @throws dev.reprise.workflow.model.InvalidWorkflowException if it cannot work
     */
    public static Workflow unordered(
            String name, WorkflowRetry<?> retry, Consumer<? super WorkflowSteps> steps) {
        return workflow(FlowKind.UNORDERED, name, retry, steps);
    }

    /**
     * Makes a workflow whose steps run as their links and their values ask for. When something
     * fails, everything is undone.
     *
     * @param name of the workflow
     * @param steps adds its steps
     * @return the definition
     * @throws dev.reprise.workflow.model.InvalidWorkflowException if it cannot work
     */
    public static Workflow graph(String name, Consumer<? super GraphSteps> steps) {
        return workflow(FlowKind.GRAPH, name, null, steps);
    }

    /**
     * Makes a workflow whose steps run as their links and their values ask for. When something
     * fails, its controller decides.
     *
     * @param name of the workflow
     * @param retry decides when something fails
     * @param steps adds its steps
     * @return the definition
     * @throws dev.reprise.workflow.model.InvalidWorkflowException if it cannot work
     */
    public static Workflow graph(
            String name, WorkflowRetry<?> retry, Consumer<? super GraphSteps> steps) {
        return workflow(FlowKind.GRAPH, name, retry, steps);
    }

    private static Workflow workflow(
            FlowKind shape,
            String name,
            @Nullable WorkflowRetry<?> retry,
            Consumer<? super GraphSteps> steps) {
        requireNonNull(steps, "steps");
        return FlowBridge.workflow(shape, name, retry == null ? null : retry.controller(), steps);
    }
}
