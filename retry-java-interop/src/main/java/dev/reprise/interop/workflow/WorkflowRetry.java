package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.RetryPolicy;
import dev.reprise.interop.RetryRunner;
import dev.reprise.workflow.model.Input;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.RetryController;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The controller of a workflow: decides what happens when something in it fails, and may provide
 * another value to each attempt. An immutable value.
 *
 * <p>The nearest controller around a failed task is asked first. One that gives up asks the one
 * outside; with {@link #revertAll} it undoes the whole run instead.
 *
 * @param <T> the type of what it provides
 */
public final class WorkflowRetry<T extends @Nullable Object> {
    private final Maker<T> maker;
    private final @Nullable Key<? super T> provides;
    private final @Nullable String name;
    private final boolean revertAll;

    private WorkflowRetry(
            Maker<T> maker,
            @Nullable Key<? super T> provides,
            @Nullable String name,
            boolean revertAll) {
        this.maker = maker;
        this.provides = provides;
        this.name = name;
        this.revertAll = revertAll;
    }

    /**
     * Makes a number of attempts. Provides the number of the attempt, from 1.
     *
     * @param attempts the first included; 0 counts as 1
     * @return the controller
     * @throws IllegalArgumentException if it is negative
     */
    public static WorkflowRetry<Integer> times(int attempts) {
        if (attempts < 0) {
            throw new IllegalArgumentException(
                    "attempts must not be negative, but was " + attempts);
        }
        return of((provides, name, all) -> ControllerBridge.times(attempts, provides, name, all));
    }

    /**
     * Tries values one after the other. Provides the one that is being tried.
     *
     * @param <T> the type of the values
     * @param values one that stands there twice is tried twice; a workflow with an empty list is
     *     refused when it is built
     * @return the controller
     */
    public static <T extends @Nullable Object> WorkflowRetry<T> forEach(List<T> values) {
        List<T> copy = Collections.unmodifiableList(new ArrayList<>(values));
        return of((provides, name, all) -> ControllerBridge.forEach(copy, provides, name, all));
    }

    /**
     * Tries the values of a list that the workflow is given. Provides the one that is being tried.
     *
     * @param <T> the type of the values
     * @param values where the list is found; an empty one is a failure of the controller
     * @return the controller
     */
    public static <T extends @Nullable Object> WorkflowRetry<T> parameterizedForEach(
            Input<List<T>> values) {
        requireNonNull(values, "values");
        return of(
                (provides, name, all) ->
                        ControllerBridge.parameterizedForEach(values, provides, name, all));
    }

    /**
     * Answers every failure by undoing what is inside, as one unit, and asking outside.
     *
     * @return the controller; it provides nothing
     */
    public static WorkflowRetry<?> alwaysRevert() {
        return of((provides, name, all) -> ControllerBridge.alwaysRevert(name, all));
    }

    /**
     * Answers every failure by undoing the whole run.
     *
     * @return the controller; it provides nothing
     */
    public static WorkflowRetry<?> alwaysRevertAll() {
        return alwaysRevert().revertAll();
    }

    /**
     * Asks a policy which failures are worth another attempt and how long to wait before it.
     * Provides the number of the attempt, from 1.
     *
     * @param policy its initial delay and attempt timeout are for single calls and not looked at
     * @return the controller
     */
    public static WorkflowRetry<Integer> byPolicy(RetryPolicy policy) {
        requireNonNull(policy, "policy");
        return of((provides, name, all) -> ControllerBridge.byPolicy(policy, provides, name, all));
    }

    /**
     * Asks the policy of some retries: see {@link #byPolicy(RetryPolicy)}.
     *
     * @param retries only their {@link Retries#policy} counts
     * @return the controller
     */
    public static WorkflowRetry<Integer> byPolicy(RetryRunner retries) {
        return byPolicy(retries.getPolicy());
    }

    /**
     * Asks code of one's own.
     *
     * @param <T> the type of what it provides
     * @param controller the code
     * @return the controller
     */
    public static <T extends @Nullable Object> WorkflowRetry<T> custom(
            BlockingController<T> controller) {
        requireNonNull(controller, "controller");
        return of(
                (provides, name, all) -> ControllerBridge.custom(controller, provides, name, all));
    }

    /**
     * Says where the tasks inside find what the controller provides.
     *
     * @param key their name for it
     * @return a changed copy
     */
    public WorkflowRetry<T> provides(Key<? super T> key) {
        return new WorkflowRetry<>(maker, requireNonNull(key, "key"), name, revertAll);
    }

    /**
     * Names the controller.
     *
     * @param name unique in the workflow; default: the name of its workflow and {@code _retry}
     * @return a changed copy
     */
    public WorkflowRetry<T> named(String name) {
        return new WorkflowRetry<>(maker, provides, requireNonNull(name, "name"), revertAll);
    }

    /**
     * Where the controller gives up, everything is undone, and no controller outside is asked.
     *
     * @return a changed copy
     */
    public WorkflowRetry<T> revertAll() {
        return new WorkflowRetry<>(maker, provides, name, true);
    }

    RetryController<?> controller() {
        return maker.make(provides, name, revertAll);
    }

    private static <T extends @Nullable Object> WorkflowRetry<T> of(Maker<T> maker) {
        return new WorkflowRetry<>(maker, null, null, false);
    }

    private interface Maker<T extends @Nullable Object> {
        RetryController<?> make(
                @Nullable Key<? super T> provides, @Nullable String name, boolean revertAll);
    }
}
