package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.function.Action;
import dev.reprise.interop.function.TaskBody;
import dev.reprise.interop.function.ThrowingRunnable;
import dev.reprise.interop.internal.TaskBridge;
import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.TaskHandle;
import dev.reprise.workflow.model.WorkflowBuilder;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Adds tasks to a workflow: what they do, and what they require for it. */
public abstract sealed class TaskSteps permits WorkflowSteps {
    final WorkflowBuilder builder;

    TaskSteps(WorkflowBuilder builder) {
        this.builder = builder;
    }

    /**
     * {@return the step of a new task that requires nothing}
     *
     * @param name unique in the workflow
     * @param body what the task does
     */
    public <R extends @Nullable Object> TaskStep<R> task(String name, Callable<R> body) {
        requireNonNull(body, "body");
        return this.<R>task(name, scope -> body.call());
    }

    /**
     * {@return the step of a new task that reads what it requires from its scope}
     *
     * @param name unique in the workflow
     * @param body what the task does
     */
    public <R extends @Nullable Object> TaskStep<R> task(String name, TaskBody<R> body) {
        requireNonNull(body, "body");
        return add(builder.task(name, List.of(), null, TaskBridge.body(body)));
    }

    /**
     * {@return the step of a new task that requires one value}
     *
     * @param name unique in the workflow
     * @param input a key, or the task whose result it is
     * @param body what the task does
     */
    public <A extends @Nullable Object, R extends @Nullable Object> TaskStep<R> task(
            String name, Input<? extends A> input, TaskBody.Of1<A, R> body) {
        requireNonNull(body, "body");
        return this.<R>task(name, scope -> body.execute(scope.<A>get(input))).requires(input);
    }

    /**
     * {@return the step of a new task that requires two values}
     *
     * @param name unique in the workflow
     * @param first a key, or the task whose result it is
     * @param second likewise
     * @param body what the task does
     */
    public <A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object>
            TaskStep<R> task(
                    String name,
                    Input<? extends A> first,
                    Input<? extends B> second,
                    TaskBody.Of2<A, B, R> body) {
        requireNonNull(body, "body");
        return this.<R>task(name, scope -> body.execute(scope.<A>get(first), scope.<B>get(second)))
                .requires(first, second);
    }

    /**
     * {@return the step of a new task that returns a stage and requires nothing} The stage is
     * cancelled with the run.
     *
     * @param name unique in the workflow
     * @param body starts what the task does
     */
    public <R extends @Nullable Object> TaskStep<R> taskAsync(
            String name, Callable<? extends CompletionStage<R>> body) {
        requireNonNull(body, "body");
        return this.<R>taskAsync(name, scope -> body.call());
    }

    /**
     * {@return the step of a new task that returns a stage and reads what it requires from its
     * scope} The stage is cancelled with the run.
     *
     * @param name unique in the workflow
     * @param body starts what the task does
     */
    public <R extends @Nullable Object> TaskStep<R> taskAsync(
            String name, TaskBody<? extends CompletionStage<R>> body) {
        requireNonNull(body, "body");
        return add(builder.task(name, List.of(), null, TaskBridge.bodyAsync(name, body)));
    }

    /**
     * {@return the step of a new task that returns a stage and requires one value} The stage is
     * cancelled with the run.
     *
     * @param name unique in the workflow
     * @param input a key, or the task whose result it is
     * @param body starts what the task does
     */
    public <A extends @Nullable Object, R extends @Nullable Object> TaskStep<R> taskAsync(
            String name,
            Input<? extends A> input,
            TaskBody.Of1<A, ? extends CompletionStage<R>> body) {
        requireNonNull(body, "body");
        return this.<R>taskAsync(name, scope -> body.execute(scope.<A>get(input))).requires(input);
    }

    /**
     * {@return the step of a new task that returns a stage and requires two values} The stage is
     * cancelled with the run.
     *
     * @param name unique in the workflow
     * @param first a key, or the task whose result it is
     * @param second likewise
     * @param body starts what the task does
     */
    public <A extends @Nullable Object, B extends @Nullable Object, R extends @Nullable Object>
            TaskStep<R> taskAsync(
                    String name,
                    Input<? extends A> first,
                    Input<? extends B> second,
                    TaskBody.Of2<A, B, ? extends CompletionStage<R>> body) {
        requireNonNull(body, "body");
        return this.<R>taskAsync(
                        name, scope -> body.execute(scope.<A>get(first), scope.<B>get(second)))
                .requires(first, second);
    }

    /**
     * {@return the step of a new task without a result that requires nothing}
     *
     * @param name unique in the workflow
     * @param body what the task does
     */
    public TaskStep<@Nullable Void> action(String name, ThrowingRunnable<?> body) {
        requireNonNull(body, "body");
        return action(name, scope -> body.run());
    }

    /**
     * {@return the step of a new task without a result that reads what it requires from its scope}
     *
     * @param name unique in the workflow
     * @param body what the task does
     */
    @SuppressWarnings("NullAway") // in its plain mode it does not read the type argument
    public TaskStep<@Nullable Void> action(String name, Action body) {
        requireNonNull(body, "body");
        return this.<@Nullable Void>task(
                name,
                scope -> {
                    body.execute(scope);
                    return null;
                });
    }

    /**
     * {@return the step of a new task without a result that requires one value}
     *
     * @param name unique in the workflow
     * @param input a key, or the task whose result it is
     * @param body what the task does
     */
    public <A extends @Nullable Object> TaskStep<@Nullable Void> action(
            String name, Input<? extends A> input, Action.Of1<A> body) {
        requireNonNull(body, "body");
        return this.action(name, scope -> body.execute(scope.<A>get(input))).requires(input);
    }

    /**
     * {@return the step of a new task without a result that requires two values}
     *
     * @param name unique in the workflow
     * @param first a key, or the task whose result it is
     * @param second likewise
     * @param body what the task does
     */
    public <A extends @Nullable Object, B extends @Nullable Object> TaskStep<@Nullable Void> action(
            String name,
            Input<? extends A> first,
            Input<? extends B> second,
            Action.Of2<A, B> body) {
        requireNonNull(body, "body");
        return this.action(name, scope -> body.execute(scope.<A>get(first), scope.<B>get(second)))
                .requires(first, second);
    }

    static <R extends @Nullable Object> TaskStep<R> add(TaskHandle<R> handle) {
        return new TaskStep<>(handle);
    }
}
