package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.function.Hook;
import dev.reprise.interop.function.RevertBody;
import dev.reprise.interop.function.Undo;
import dev.reprise.interop.internal.TaskBridge;
import dev.reprise.workflow.model.GraphNode;
import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RevertScope;
import dev.reprise.workflow.model.TaskHandle;
import dev.reprise.workflow.model.TaskScope;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A task of a workflow; its settings can be changed until the workflow is built.
 *
 * <p>As an {@code Input} it is the result of the task, so that a later task can require it without
 * a separate key.
 */
public final class TaskStep<R extends @Nullable Object> implements Input<R>, GraphNode {
    final TaskHandle<R> handle;

    TaskStep(TaskHandle<R> handle) {
        this.handle = handle;
    }

    /** {@return the name of the task, unique in a workflow} */
    @Override
    public String getName() {
        return handle.getName();
    }

    /** {@return the task, as an end of a link} */
    @Override
    public GraphNode getNode() {
        return handle;
    }

    @Override
    public String toString() {
        return getName();
    }

    /** {@return the key of the result, which no other task has} */
    @Override
    public Key<? extends R> getKey() {
        return handle.getKey();
    }

    /**
     * Provides the result under a key.
     *
     * @param key other tasks read it by this key
     */
    public TaskStep<R> provides(Key<? super R> key) {
        return provides(key, result -> result);
    }

    /**
     * Provides a part of the result under a key.
     *
     * @param <T> the type of the part
     * @param key other tasks read it by this key
     * @param part returns it; if it throws, there is no such value
     */
    public <T extends @Nullable Object> TaskStep<R> provides(
            Key<? super T> key, Function<? super R, ? extends T> part) {
        requireNonNull(part, "part");
        handle.provides(requireNonNull(key, "key"), result -> part.apply(result));
        return this;
    }

    /**
     * Lets the code of the task read more values from its scope.
     *
     * @param inputs keys and tasks
     */
    public TaskStep<R> requires(Input<?>... inputs) {
        for (Input<?> input : inputs) {
            handle.requires(input);
        }
        return this;
    }

    /**
     * Sets how the task is reverted. Not called if the task threw: {@link #revertOutcome} is.
     *
     * @param undo receives the result
     */
    public TaskStep<R> revert(Undo<R> undo) {
        handle.revert(TaskBridge.undo(requireNonNull(undo, "undo")));
        return this;
    }

    /**
     * Sets how the task is reverted, however it ended: also if it threw, or if its process died.
     * Replaces {@link #revert}.
     *
     * @param undo receives the outcome and a scope
     */
    public TaskStep<R> revertOutcome(RevertBody<R> undo) {
        handle.revertOutcome(TaskBridge.revert(requireNonNull(undo, "undo")));
        return this;
    }

    /**
     * Sets what reverting requires, instead of what the task requires.
     *
     * @param inputs keys and tasks
     */
    public TaskStep<R> revertRequires(Input<?>... inputs) {
        handle.revertRequires(inputs);
        return this;
    }

    /**
     * Sets the priority: of several tasks that could start, the one with the highest number starts
     * first; also for reverts.
     *
     * @param priority default: 0
     */
    public TaskStep<R> priority(int priority) {
        handle.priority(priority);
        return this;
    }

    /**
     * Sets the version that is stored with the state of the task.
     *
     * @param version default: 1.0
     */
    public TaskStep<R> version(String version) {
        handle.version(requireNonNull(version, "version"));
        return this;
    }

    /**
     * Limits each execution: after the limit it is cancelled, and has failed with an {@code
     * AttemptTimeoutException}. Reverting has no limit. Default: none.
     *
     * <p>In a durable workflow the limit of a task that has one replaces the {@code attemptTimeout}
     * of the call while the task runs: that time does not count for it. The deadline of the call
     * and the {@code maxDuration} of its policy apply all the same.
     *
     * @param limit positive
     * @throws IllegalArgumentException if it is not
     */
    public TaskStep<R> timeout(Duration limit) {
        handle.timeout(requireNonNull(limit, "limit"));
        return this;
    }

    /**
     * Lets the code read one value under the name of another one.
     *
     * @param input what the code reads
     * @param from the key or task that provides it
     */
    public <T extends @Nullable Object> TaskStep<R> rebind(Input<T> input, Input<T> from) {
        handle.rebind(input, from);
        return this;
    }

    /**
     * Lets the code read an optional value.
     *
     * @param input what the code reads
     * @param otherwise what it reads if no task provides it
     */
    public <T extends @Nullable Object> TaskStep<R> optional(Input<T> input, T otherwise) {
        handle.optional(input, otherwise);
        return this;
    }

    /**
     * Sets a value for this task alone, whatever others provide.
     *
     * @param key what the code reads
     * @param value what it reads
     */
    public <T extends @Nullable Object> TaskStep<R> inject(Key<T> key, T value) {
        handle.inject(key, value);
        return this;
    }

    /**
     * Removes something from what the task requires, for task classes with requirements of their
     * own.
     *
     * @param input a key or a task
     */
    public TaskStep<R> ignore(Input<?> input) {
        handle.ignore(input);
        return this;
    }

    /**
     * Sets a hook before the task. What it throws is a failure of the task.
     *
     * @param hook receives the scope
     */
    public TaskStep<R> preExecute(Hook<TaskScope> hook) {
        handle.preExecute(TaskBridge.hook(requireNonNull(hook, "hook")));
        return this;
    }

    /**
     * Sets a hook after the task. What it throws is a failure of the task.
     *
     * @param hook receives the result
     */
    public TaskStep<R> postExecute(Hook<? super R> hook) {
        handle.postExecute(TaskBridge.resultHook(requireNonNull(hook, "hook")));
        return this;
    }

    /**
     * Sets a hook before the revert. What it throws is a failure of the revert.
     *
     * @param hook receives the scope
     */
    public TaskStep<R> preRevert(Hook<RevertScope> hook) {
        handle.preRevert(TaskBridge.hook(requireNonNull(hook, "hook")));
        return this;
    }

    /**
     * Sets a hook after the revert. What it throws is a failure of the revert.
     *
     * @param hook receives the scope
     */
    public TaskStep<R> postRevert(Hook<RevertScope> hook) {
        handle.postRevert(TaskBridge.hook(requireNonNull(hook, "hook")));
        return this;
    }
}
