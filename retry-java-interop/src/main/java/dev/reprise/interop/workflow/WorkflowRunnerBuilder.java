package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.RetryTimer;
import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.model.WorkflowListener;
import dev.reprise.workflow.spi.WorkflowStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Builds a {@link WorkflowRunner}. Not thread-safe; what it builds is. */
public final class WorkflowRunnerBuilder {
    private final List<WorkflowListener> listeners = new ArrayList<>();
    private WorkflowStore store = new InMemoryWorkflowStore();
    private int parallelism = 1;
    private @Nullable Executor executor;
    private @Nullable VirtualTime time;
    private boolean deferReverts = true;
    private boolean resolveFailures = true;
    private boolean acceptChanges;

    WorkflowRunnerBuilder() {}

    /**
     * Says where runs are kept.
     *
     * @param store default: in memory, as long as the runner lives
     * @return this builder
     */
    public WorkflowRunnerBuilder store(WorkflowStore store) {
        this.store = requireNonNull(store, "store");
        return this;
    }

    /**
     * Says how many tasks run at a time.
     *
     * @param tasks default: 1, one after the other; a waiting controller is not counted
     * @return this builder
     * @throws IllegalArgumentException if it is below 1
     */
    public WorkflowRunnerBuilder parallelism(int tasks) {
        if (tasks < 1) {
            throw new IllegalArgumentException("parallelism must be positive, but was " + tasks);
        }
        this.parallelism = tasks;
        return this;
    }

    /**
     * Says on which threads tasks, controllers, deciders and listeners run. In a blocking call,
     * deciders, listeners and decisions of controllers run on the thread of the caller.
     *
     * @param executor default: daemon threads, made when needed; fewer threads than {@link
     *     #parallelism} bound it further
     * @return this builder
     */
    public WorkflowRunnerBuilder executor(Executor executor) {
        this.executor = requireNonNull(executor, "executor");
        return this;
    }

    /**
     * Lets the waits of controllers pass in virtual time, for tests. Runs take part in it: a
     * blocking call moves the clock, and tasks run on the thread that does, unless the builder is
     * given an executor.
     *
     * @param time that of the test; it needs {@code kotlinx-coroutines-test}
     * @return this builder
     */
    public WorkflowRunnerBuilder time(VirtualTime time) {
        this.time = requireNonNull(time, "time");
        return this;
    }

    /**
     * Says what becomes of the rest when a controller gives up and nobody outside makes another
     * attempt.
     *
     * @param defer default: true, everything is undone; false: only the controller's own workflow
     *     and what comes after it
     * @return this builder
     */
    public WorkflowRunnerBuilder deferReverts(boolean defer) {
        this.deferReverts = defer;
        return this;
    }

    /**
     * Says whether anybody is asked about failures.
     *
     * @param resolve default: true; false: the first failure ends the run as {@code FAILURE}, no
     *     controller is asked and nothing is undone
     * @return this builder
     */
    public WorkflowRunnerBuilder resolveFailures(boolean resolve) {
        this.resolveFailures = resolve;
        return this;
    }

    /**
     * Says what to do about a stored run whose workflow has changed since.
     *
     * @param accept default: false, it is refused; true: tasks are matched by name, new ones have
     *     not run, missing ones are passed over
     * @return this builder
     */
    public WorkflowRunnerBuilder acceptChanges(boolean accept) {
        this.acceptChanges = accept;
        return this;
    }

    /**
     * Tells somebody what happens. Several are told in the order in which they were added.
     *
     * @param listener while it works the run waits; what it throws is logged and changes nothing
     * @return this builder
     */
    public WorkflowRunnerBuilder listener(WorkflowListener listener) {
        listeners.add(requireNonNull(listener, "listener"));
        return this;
    }

    /**
     * Builds the runner. This builder can go on and build another one.
     *
     * @return the runner
     */
    public WorkflowRunner build() {
        return new WorkflowRunner(
                new RunBridge(
                        RunBridge.engine(
                                store,
                                parallelism,
                                deferReverts,
                                resolveFailures,
                                acceptChanges,
                                List.copyOf(listeners),
                                time),
                        threads(),
                        time));
    }

    private Executor threads() {
        if (executor != null) {
            return executor;
        }
        return time == null ? RetryTimer.getWorkers() : time.executor();
    }
}
