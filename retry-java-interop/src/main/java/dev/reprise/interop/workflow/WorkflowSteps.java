package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.function.BlockingTask;
import dev.reprise.interop.function.TaskBody;
import dev.reprise.interop.internal.TaskBridge;
import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RetryController;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowBuilder;
import java.util.List;
import java.util.function.Consumer;
import kotlin.Unit;
import kotlin.jvm.functions.Function1;
import org.jspecify.annotations.Nullable;

/**
 * Collects the steps of a workflow, in the order in which they are declared.
 *
 * <p>{@code task} has a result, {@code taskAsync} returns it by a {@code CompletionStage}, {@code
 * action} has none. Each reads what it requires as parameters, or from its scope, for which {@link
 * TaskStep#requires} declares them. The name of a task is unique in its workflow.
 */
public sealed class WorkflowSteps extends TaskSteps permits GraphSteps {
    WorkflowSteps(WorkflowBuilder builder) {
        super(builder);
    }

    /**
     * Adds a task that is a class.
     *
     * @param task what is done, and how it is reverted
     */
    public <R extends @Nullable Object> TaskStep<R> add(BlockingTask<R> task) {
        TaskStep<R> step =
                this.<R>task(task.name(), task::execute)
                        .requires(task.requires().toArray(new Input<?>[0]))
                        .version(task.version())
                        .revertOutcome(task::revert);
        Key<? super R> key = task.provides();
        return key == null ? step : step.provides(key);
    }

    /**
     * Adds a task that applies a function to each input, and provides each result under the key in
     * the same position.
     *
     * @param <T> the type of the inputs
     * @param <R> the type of the results
     * @param name unique in the workflow
     * @param inputs keys and tasks
     * @param provides as many keys
     * @param transform the function
     * @return the step, whose result is the list of the results
     * @throws IllegalArgumentException if there are not as many keys as inputs
     */
    public <T extends @Nullable Object, R extends @Nullable Object> TaskStep<List<R>> mapTask(
            String name,
            List<? extends Input<T>> inputs,
            List<? extends Key<? super R>> provides,
            TaskBody.Of1<T, R> transform) {
        requireNonNull(transform, "transform");
        return add(
                builder.mapTask(
                        name,
                        List.copyOf(inputs),
                        List.copyOf(provides),
                        TaskBridge.function(transform)));
    }

    /**
     * Adds a task that folds its inputs from the left, in their order.
     *
     * @param <T> the type of the inputs
     * @param name unique in the workflow
     * @param inputs keys and tasks
     * @param operation combines what is folded so far and the next value
     * @throws IllegalArgumentException if there are no inputs
     */
    public <T extends @Nullable Object> TaskStep<T> reduceTask(
            String name, List<? extends Input<T>> inputs, TaskBody.Of2<T, T, T> operation) {
        requireNonNull(operation, "operation");
        return add(
                builder.reduceTask(
                        name, List.copyOf(inputs), null, TaskBridge.operation(operation)));
    }

    /**
     * Adds an existing workflow.
     *
     * @param workflow can be in one place only
     * @return the workflow
     */
    public Workflow add(Workflow workflow) {
        return builder.add(workflow);
    }

    /**
     * Adds a nested workflow whose steps run one after the other.
     *
     * @param name unique in the workflow
     * @param steps adds its steps
     * @return the workflow, as an end of a link
     */
    public Workflow linear(String name, Consumer<? super WorkflowSteps> steps) {
        return builder.linear(name, null, childrenOf(steps));
    }

    /**
     * Adds a nested workflow whose steps run one after the other, with a controller.
     *
     * @param name unique in the workflow
     * @param retry decides when something in it fails
     * @param steps adds its steps
     * @return the workflow, as an end of a link
     */
    public Workflow linear(
            String name, RetryController<?> retry, Consumer<? super WorkflowSteps> steps) {
        return builder.linear(name, retry, childrenOf(steps));
    }

    /**
     * Adds a nested workflow whose steps run in any order.
     *
     * @param name unique in the workflow
     * @param steps adds its steps
     * @return the workflow, as an end of a link
     */
    public Workflow unordered(String name, Consumer<? super WorkflowSteps> steps) {
        return builder.unordered(name, null, childrenOf(steps));
    }

    /**
     * Adds a nested workflow whose steps run in any order, with a controller.
     *
     * @param name unique in the workflow
     * @param retry decides when something in it fails
     * @param steps adds its steps
     * @return the workflow, as an end of a link
     */
    public Workflow unordered(
            String name, RetryController<?> retry, Consumer<? super WorkflowSteps> steps) {
        return builder.unordered(name, retry, childrenOf(steps));
    }

    /**
     * Adds a nested workflow whose steps are ordered by their links and their values.
     *
     * @param name unique in the workflow
     * @param steps adds its steps
     * @return the workflow, as an end of a link
     */
    public Workflow graph(String name, Consumer<? super GraphSteps> steps) {
        return builder.graph(name, null, GraphSteps.graphOf(steps));
    }

    /**
     * Adds a nested workflow whose steps are ordered by their links and their values, with a
     * controller.
     *
     * @param name unique in the workflow
     * @param retry decides when something in it fails
     * @param steps adds its steps
     * @return the workflow, as an end of a link
     */
    public Workflow graph(
            String name, RetryController<?> retry, Consumer<? super GraphSteps> steps) {
        return builder.graph(name, retry, GraphSteps.graphOf(steps));
    }

    static Function1<WorkflowBuilder, Unit> childrenOf(Consumer<? super WorkflowSteps> steps) {
        requireNonNull(steps, "steps");
        return builder -> {
            steps.accept(new WorkflowSteps(builder));
            return Unit.INSTANCE;
        };
    }
}
