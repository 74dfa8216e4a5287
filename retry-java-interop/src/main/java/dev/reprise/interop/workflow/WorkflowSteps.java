package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.workflow.model.FlowKind;
import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowBuilder;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects the steps of a workflow. Each is added where it is named.
 *
 * <p>{@code task} has a result, {@code taskAsync} has one that a {@code CompletionStage} yields,
 * {@code action} has none. Each reads what it requires as parameters, or from its context, where
 * {@link TaskStep#requires} says what there is. The name of a task is unique in its workflow.
 */
public sealed class WorkflowSteps extends TaskSteps permits GraphSteps {
    WorkflowSteps(WorkflowBuilder builder) {
        super(builder);
    }

    /**
     * Adds a task that is a class.
     *
     * @param <R> the type of the result
     * @param task what is done, and undone
     * @return the step
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
     * the same place.
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
                TaskBridge.mapTask(
                        builder, name, List.copyOf(inputs), List.copyOf(provides), transform));
    }

    /**
     * Adds a task that folds its inputs from the left, in their order.
     *
     * @param <T> the type of the inputs
     * @param name unique in the workflow
     * @param inputs keys and tasks
     * @param operation makes one value of what is folded so far and the next one
     * @return the step
     * @throws IllegalArgumentException if there are no inputs
     */
    public <T extends @Nullable Object> TaskStep<T> reduceTask(
            String name, List<? extends Input<T>> inputs, TaskBody.Of2<T, T, T> operation) {
        requireNonNull(operation, "operation");
        return add(TaskBridge.reduceTask(builder, name, List.copyOf(inputs), operation));
    }

    /**
     * Adds a workflow that was made elsewhere.
     *
     * @param workflow stands in one place only
     * @return the step
     */
    public NestedStep add(Workflow workflow) {
        return new NestedStep(builder.add(workflow));
    }

    /**
     * Adds a nested workflow whose steps run one after the other.
     *
     * @param name unique in the workflow
     * @param steps adds its steps
     * @return the step
     */
    public NestedStep linear(String name, Consumer<? super WorkflowSteps> steps) {
        return nested(FlowKind.LINEAR, name, null, steps);
    }

    /**
     * Adds a nested workflow whose steps run one after the other, with a controller.
     *
     * @param name unique in the workflow
     * @param retry decides when something in it fails
     * @param steps adds its steps
     * @return the step
     */
    public NestedStep linear(
            String name, WorkflowRetry<?> retry, Consumer<? super WorkflowSteps> steps) {
        return nested(FlowKind.LINEAR, name, retry, steps);
    }

    /**
     * Adds a nested workflow whose steps run in any order.
     *
     * @param name unique in the workflow
     * @param steps adds its steps
     * @return the step
     */
    public NestedStep unordered(String name, Consumer<? super WorkflowSteps> steps) {
        return nested(FlowKind.UNORDERED, name, null, steps);
    }

    /**
     * Adds a nested workflow whose steps run in any order, with a controller.
     *
     * @param name unique in the workflow
     * @param retry decides when something in it fails
     * @param steps adds its steps
     * @return the step
     */
    public NestedStep unordered(
            String name, WorkflowRetry<?> retry, Consumer<? super WorkflowSteps> steps) {
        return nested(FlowKind.UNORDERED, name, retry, steps);
    }

    /**
     * Adds a nested workflow whose steps run as their links and their values ask for.
     *
     * @param name unique in the workflow
     * @param steps adds its steps
     * @return the step
     */
    public NestedStep graph(String name, Consumer<? super GraphSteps> steps) {
        return nested(FlowKind.GRAPH, name, null, steps);
    }

    /**
     * Adds a nested workflow whose steps run as their links and their values ask for, with a
     * controller.
     *
     * @param name unique in the workflow
     * @param retry decides when something in it fails
     * @param steps adds its steps
     * @return the step
     */
    public NestedStep graph(
            String name, WorkflowRetry<?> retry, Consumer<? super GraphSteps> steps) {
        return nested(FlowKind.GRAPH, name, retry, steps);
    }

    private NestedStep nested(
            FlowKind shape,
            String name,
            @Nullable WorkflowRetry<?> retry,
            Consumer<? super GraphSteps> steps) {
        requireNonNull(steps, "steps");
        return new NestedStep(
                FlowBridge.nested(
                        builder, shape, name, retry == null ? null : retry.controller(), steps));
    }
}
