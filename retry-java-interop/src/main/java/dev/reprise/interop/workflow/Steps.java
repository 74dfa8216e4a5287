package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.CheckedRunnable;
import dev.reprise.workflow.Input;
import dev.reprise.workflow.Key;
import dev.reprise.workflow.Shape;
import dev.reprise.workflow.TaskHandle;
import dev.reprise.workflow.Workflow;
import dev.reprise.workflow.WorkflowBuilder;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects the steps of a workflow. Each is added where it is named.
 *
 * <p>{@code task} has a result, {@code taskAsync} has one that a {@code CompletionStage} yields,
 * {@code action} has none. Each reads what it requires as parameters, or from its context, where
 * {@link TaskStep#requires} says what there is. The name of a task is unique in its workflow.
 */
public sealed class Steps permits GraphSteps {
    final WorkflowBuilder builder;

    Steps(WorkflowBuilder builder) {
        this.builder = builder;
    }

    /**
     * Adds a task that requires nothing.
     *
     * @param <R> the type of the result
     * @param name unique in the workflow
     * @param body what the task does
     * @return the step
     */
    public <R extends @Nullable Object> TaskStep<R> task(String name, Callable<R> body) {
        requireNonNull(body, "body");
        return add(TaskBridge.task(builder, name, List.of(), context -> body.call()));
    }

    /**
     * Adds a task that reads what it requires from its context.
     *
     * @param <R> the type of the result
     * @param name unique in the workflow
     * @param body what the task does
     * @return the step
     */
    public <R extends @Nullable Object> TaskStep<R> task(String name, TaskBody<R> body) {
        return add(TaskBridge.task(builder, name, List.of(), requireNonNull(body, "body")));
    }

    /**
     * Adds a task that requires one value.
     *
     * @param <A> the type of the value
     * @param <R> the type of the result
     * @param name unique in the workflow
     * @param input a key, or the task whose result it is
     * @param body what the task does
     * @return the step
     */
    public <A extends @Nullable Object, R extends @Nullable Object> TaskStep<R> task(
            String name, Input<? extends A> input, TaskBody.Of1<A, R> body) {
        requireNonNull(body, "body");
        return this.<R>task(name, context -> body.execute(context.<A>get(input))).requires(input);
    }

    /**
     * Adds a task that requires two values.
     *
     * @param <A> the type of the first value
     * @param <B> the type of the second value
     * @param <R> the type of the result
     * @param name unique in the workflow
     * @param first a key, or the task whose result it is
     * @param second likewise
     * @param body what the task does
     * @return the step
     */
    public <A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object>
            TaskStep<R> task(
                    String name,
                    Input<? extends A> first,
                    Input<? extends B> second,
                    TaskBody.Of2<A, B, R> body) {
        requireNonNull(body, "body");
        return this.<R>task(
                        name,
                        context -> body.execute(context.<A>get(first), context.<B>get(second)))
                .requires(first, second);
    }

    /**
     * Adds a task whose result a stage yields that requires nothing. The stage is cancelled with
     * the run.
     *
     * @param <R> the type of the result
     * @param name unique in the workflow
     * @param body starts what the task does
     * @return the step
     */
    public <R extends @Nullable Object> TaskStep<R> taskAsync(
            String name, Callable<? extends CompletionStage<R>> body) {
        requireNonNull(body, "body");
        return add(TaskBridge.taskAsync(builder, name, List.of(), context -> body.call()));
    }

    /**
     * Adds a task whose result a stage yields that reads what it requires from its context. The
     * stage is cancelled with the run.
     *
     * @param <R> the type of the result
     * @param name unique in the workflow
     * @param body starts what the task does
     * @return the step
     */
    public <R extends @Nullable Object> TaskStep<R> taskAsync(
            String name, TaskBody<? extends CompletionStage<R>> body) {
        return add(TaskBridge.taskAsync(builder, name, List.of(), requireNonNull(body, "body")));
    }

    /**
     * Adds a task whose result a stage yields that requires one value. The stage is cancelled with
     * the run.
     *
     * @param <A> the type of the value
     * @param <R> the type of the result
     * @param name unique in the workflow
     * @param input a key, or the task whose result it is
     * @param body starts what the task does
     * @return the step
     */
    public <A extends @Nullable Object, R extends @Nullable Object> TaskStep<R> taskAsync(
            String name,
            Input<? extends A> input,
            TaskBody.Of1<A, ? extends CompletionStage<R>> body) {
        requireNonNull(body, "body");
        return this.<R>taskAsync(name, context -> body.execute(context.<A>get(input)))
                .requires(input);
    }

    /**
     * Adds a task whose result a stage yields that requires two values. The stage is cancelled with
     * the run.
     *
     * @param <A> the type of the first value
     * @param <B> the type of the second value
     * @param <R> the type of the result
     * @param name unique in the workflow
     * @param first a key, or the task whose result it is
     * @param second likewise
     * @param body starts what the task does
     * @return the step
     */
    public <A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object>
            TaskStep<R> taskAsync(
                    String name,
                    Input<? extends A> first,
                    Input<? extends B> second,
                    TaskBody.Of2<A, B, ? extends CompletionStage<R>> body) {
        requireNonNull(body, "body");
        return this.<R>taskAsync(
                        name,
                        context -> body.execute(context.<A>get(first), context.<B>get(second)))
                .requires(first, second);
    }

    /**
     * Adds a task without a result that requires nothing.
     *
     * @param name unique in the workflow
     * @param body what the task does
     * @return the step
     */
    public TaskStep<@Nullable Void> action(String name, CheckedRunnable body) {
        requireNonNull(body, "body");
        return action(name, context -> body.run());
    }

    /**
     * Adds a task without a result that reads what it requires from its context.
     *
     * @param name unique in the workflow
     * @param body what the task does
     * @return the step
     */
    @SuppressWarnings("NullAway") // in its plain mode it does not read the type argument
    public TaskStep<@Nullable Void> action(String name, Action body) {
        requireNonNull(body, "body");
        return add(
                TaskBridge.<@Nullable Void>task(
                        builder, name, List.of(), context -> nothing(() -> body.execute(context))));
    }

    /**
     * Adds a task without a result that requires one value.
     *
     * @param <A> the type of the value
     * @param name unique in the workflow
     * @param input a key, or the task whose result it is
     * @param body what the task does
     * @return the step
     */
    public <A extends @Nullable Object> TaskStep<@Nullable Void> action(
            String name, Input<? extends A> input, Action.Of1<A> body) {
        requireNonNull(body, "body");
        return this.action(name, context -> body.execute(context.<A>get(input))).requires(input);
    }

    /**
     * Adds a task without a result that requires two values.
     *
     * @param <A> the type of the first value
     * @param <B> the type of the second value
     * @param name unique in the workflow
     * @param first a key, or the task whose result it is
     * @param second likewise
     * @param body what the task does
     * @return the step
     */
    public <A extends @Nullable Object, B extends @Nullable Object> TaskStep<@Nullable Void> action(
            String name,
            Input<? extends A> first,
            Input<? extends B> second,
            Action.Of2<A, B> body) {
        requireNonNull(body, "body");
        return this.action(
                        name,
                        context -> body.execute(context.<A>get(first), context.<B>get(second)))
                .requires(first, second);
    }

    /**
     * Adds a task that is a class.
     *
     * @param <R> the type of the result
     * @param task what is done, and undone
     * @return the step
     */
    public <R extends @Nullable Object> TaskStep<R> add(WorkflowTask<R> task) {
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
    public NestedStep linear(String name, Consumer<? super Steps> steps) {
        return nested(Shape.LINEAR, name, null, steps);
    }

    /**
     * Adds a nested workflow whose steps run one after the other, with a controller.
     *
     * @param name unique in the workflow
     * @param retry decides when something in it fails
     * @param steps adds its steps
     * @return the step
     */
    public NestedStep linear(String name, WorkflowRetry<?> retry, Consumer<? super Steps> steps) {
        return nested(Shape.LINEAR, name, retry, steps);
    }

    /**
     * Adds a nested workflow whose steps run in any order.
     *
     * @param name unique in the workflow
     * @param steps adds its steps
     * @return the step
     */
    public NestedStep unordered(String name, Consumer<? super Steps> steps) {
        return nested(Shape.UNORDERED, name, null, steps);
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
            String name, WorkflowRetry<?> retry, Consumer<? super Steps> steps) {
        return nested(Shape.UNORDERED, name, retry, steps);
    }

    /**
     * Adds a nested workflow whose steps run as their links and their values ask for.
     *
     * @param name unique in the workflow
     * @param steps adds its steps
     * @return the step
     */
    public NestedStep graph(String name, Consumer<? super GraphSteps> steps) {
        return nested(Shape.GRAPH, name, null, steps);
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
        return nested(Shape.GRAPH, name, retry, steps);
    }

    private NestedStep nested(
            Shape shape,
            String name,
            @Nullable WorkflowRetry<?> retry,
            Consumer<? super GraphSteps> steps) {
        requireNonNull(steps, "steps");
        return new NestedStep(
                FlowBridge.nested(
                        builder, shape, name, retry == null ? null : retry.controller(), steps));
    }

    private static <R extends @Nullable Object> TaskStep<R> add(TaskHandle<R> handle) {
        return new TaskStep<>(handle);
    }

    private static @Nullable Void nothing(CheckedRunnable body) throws Exception {
        body.run();
        return null;
    }
}
