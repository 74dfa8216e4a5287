package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.TaskHandle;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A task of a workflow, and what can still be said about it until the workflow is built.
 *
 * <p>As an {@code Input} it stands for the result of the task, so that a later task can require it
 * without a key of its own.
 *
 * @param <R> the type of the result
 */
public final class TaskStep<R extends @Nullable Object> extends Step implements Input<R> {
    final TaskHandle<R> handle;

    TaskStep(TaskHandle<R> handle) {
        super(handle);
        this.handle = handle;
    }

    /**
     * The name of the result.
     *
     * @return a key that no other task has
     */
    @Override
    public Key<? extends R> getKey() {
        return handle.getKey();
    }

    /**
     * Gives the result a name of its own.
     *
     * @param key others find it there
     * @return this step
     */
    public TaskStep<R> provides(Key<? super R> key) {
        return provides(key, result -> result);
    }

    /**
     * Gives a part of the result a name of its own.
     *
     * @param <T> the type of the part
     * @param key others find it there
     * @param part takes it out of the result; if it throws, the value is not there
     * @return this step
     */
    public <T extends @Nullable Object> TaskStep<R> provides(
            Key<? super T> key, Function<? super R, ? extends T> part) {
        TaskBridge.provides(handle, requireNonNull(key, "key"), requireNonNull(part, "part"));
        return this;
    }

    /**
     * Lets the code of the task read more values from its context.
     *
     * @param inputs keys and tasks
     * @return this step
     */
    public TaskStep<R> requires(Input<?>... inputs) {
        for (Input<?> input : inputs) {
            handle.requires(input);
        }
        return this;
    }

    /**
     * Undoes what the task did. Not called if it threw: {@link #revertOutcome} is.
     *
     * @param undo gets the result
     * @return this step
     */
    public TaskStep<R> revert(Undo<R> undo) {
        TaskBridge.undo(handle, requireNonNull(undo, "undo"));
        return this;
    }

    /**
     * Undoes what the task did, however it ended: also when it threw, and when its process died
     * meanwhile. Replaces {@link #revert}.
     *
     * @param undo gets the outcome and a context
     * @return this step
     */
    public TaskStep<R> revertOutcome(RevertBody<R> undo) {
        TaskBridge.revert(handle, requireNonNull(undo, "undo"));
        return this;
    }

    /**
     * Says what undoing requires, in the place of what the task requires.
     *
     * @param inputs keys and tasks
     * @return this step
     */
    public TaskStep<R> revertRequires(Input<?>... inputs) {
        handle.revertRequires(inputs);
        return this;
    }

    /**
     * Of several tasks that could start the one with the higher number is started first; also for
     * reverts.
     *
     * @param priority default: 0
     * @return this step
     */
    public TaskStep<R> priority(int priority) {
        handle.priority(priority);
        return this;
    }

    /**
     * The version that is stored with the state of the task.
     *
     * @param version default: 1.0
     * @return this step
     */
    public TaskStep<R> version(String version) {
        handle.version(requireNonNull(version, "version"));
        return this;
    }

    /**
     * Lets the code read one value under the name of another one.
     *
     * @param <T> the type of the value
     * @param input what the code reads
     * @param from where it is found
     * @return this step
     */
    public <T extends @Nullable Object> TaskStep<R> rebind(Input<T> input, Input<T> from) {
        handle.rebind(input, from);
        return this;
    }

    /**
     * Lets the code read a value that need not be there.
     *
     * @param <T> the type of the value
     * @param input what the code reads
     * @param otherwise what it gets where nobody provides it
     * @return this step
     */
    public <T extends @Nullable Object> TaskStep<R> optional(Input<T> input, T otherwise) {
        handle.optional(input, otherwise);
        return this;
    }

    /**
     * Gives a value to this task alone, whatever others provide.
     *
     * @param <T> the type of the value
     * @param key what the code reads
     * @param value what it gets
     * @return this step
     */
    public <T extends @Nullable Object> TaskStep<R> inject(Key<T> key, T value) {
        handle.inject(key, value);
        return this;
    }

    /**
     * The task does not require something after all: for tasks that are classes and bring their
     * requirements along.
     *
     * @param input a key or a task
     * @return this step
     */
    public TaskStep<R> ignore(Input<?> input) {
        handle.ignore(input);
        return this;
    }

    /**
     * Called before the task. What it throws is a failure of the task.
     *
     * @param hook gets the context
     * @return this step
     */
    public TaskStep<R> preExecute(Hook<TaskContext> hook) {
        TaskBridge.preExecute(handle, requireNonNull(hook, "hook"));
        return this;
    }

    /**
     * Called after the task. What it throws is a failure of the task.
     *
     * @param hook gets the result
     * @return this step
     */
    public TaskStep<R> postExecute(Hook<? super R> hook) {
        TaskBridge.postExecute(handle, requireNonNull(hook, "hook"));
        return this;
    }

    /**
     * Called before undoing. What it throws is a failure to undo.
     *
     * @param hook gets the context
     * @return this step
     */
    public TaskStep<R> preRevert(Hook<RevertContext> hook) {
        TaskBridge.preRevert(handle, requireNonNull(hook, "hook"));
        return this;
    }

    /**
     * Called after undoing. What it throws is a failure to undo.
     *
     * @param hook gets the context
     * @return this step
     */
    public TaskStep<R> postRevert(Hook<RevertContext> hook) {
        TaskBridge.postRevert(handle, requireNonNull(hook, "hook"));
        return this;
    }
}
