package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.function.BlockingController;
import dev.reprise.interop.internal.JavaController;
import dev.reprise.workflow.WorkflowsKt;
import dev.reprise.workflow.model.RetryController;
import dev.reprise.workflow.model.Workflow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Defines workflows: what is done, in which order, and how it is reverted.
 *
 * <pre>{@code
 * Key<String> ip = Key.of("ip", String.class);
 * Workflow send = Workflows.linear("send", RetryControllers.forEach(addresses, ip), steps -> {
 *     TaskStep<Socket> socket = steps.task("connect", ip, this::open).revert(Socket::close);
 *     steps.action("send", socket, s -> s.getOutputStream().write(hello));
 * });
 * }</pre>
 *
 * <p>A workflow is checked when it is built: {@code InvalidWorkflowException} names the tasks. A
 * workflow is a definition; it can run any number of times, by a {@link WorkflowRunner} or from
 * Kotlin.
 */
public final class Workflows {
    private Workflows() {}

    /**
     * {@return a workflow whose steps run one after the other; when something fails, everything is
     * reverted}
     *
     * @param steps adds its steps
     */
    public static Workflow linear(String name, Consumer<? super WorkflowSteps> steps) {
        return WorkflowsKt.linear(name, null, WorkflowSteps.childrenOf(steps));
    }

    /**
     * {@return a workflow whose steps run one after the other; when something fails, its controller
     * decides}
     *
     * @param retry decides when something fails
     * @param steps adds its steps
     */
    public static Workflow linear(
            String name, RetryController<?> retry, Consumer<? super WorkflowSteps> steps) {
        return WorkflowsKt.linear(name, retry, WorkflowSteps.childrenOf(steps));
    }

    /**
     * {@return a workflow whose steps run in any order, at the same time if the runner is parallel;
     * when something fails, everything is reverted}
     *
     * @param steps adds its steps
     */
    public static Workflow unordered(String name, Consumer<? super WorkflowSteps> steps) {
        return WorkflowsKt.unordered(name, null, WorkflowSteps.childrenOf(steps));
    }

    /**
     * {@return a workflow whose steps run in any order, at the same time if the runner is parallel;
     * when something fails, its controller decides}
     *
     * @param retry decides when something fails
     * @param steps adds its steps
     */
    public static Workflow unordered(
            String name, RetryController<?> retry, Consumer<? super WorkflowSteps> steps) {
        return WorkflowsKt.unordered(name, retry, WorkflowSteps.childrenOf(steps));
    }

    /**
     * {@return a workflow whose steps are ordered by their links and their values; when something
     * fails, everything is reverted}
     *
     * @param steps adds its steps
     */
    public static Workflow graph(String name, Consumer<? super GraphSteps> steps) {
        return WorkflowsKt.graph(name, null, GraphSteps.graphOf(steps));
    }

    /**
     * {@return a workflow whose steps are ordered by their links and their values; when something
     * fails, its controller decides}
     *
     * @param retry decides when something fails
     * @param steps adds its steps
     */
    public static Workflow graph(
            String name, RetryController<?> retry, Consumer<? super GraphSteps> steps) {
        return WorkflowsKt.graph(name, retry, GraphSteps.graphOf(steps));
    }

    /**
     * {@return a retry controller with code that can block} The others are in {@code
     * RetryControllers}.
     *
     * @param <T> the type of what it provides
     * @param controller decides when something in its workflow fails
     */
    public static <T extends @Nullable Object> RetryController<T> controller(
            BlockingController<T> controller) {
        return new JavaController<>(requireNonNull(controller, "controller"));
    }
}
