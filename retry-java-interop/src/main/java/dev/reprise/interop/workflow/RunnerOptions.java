package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.internal.WorkflowStores;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.RetryTimer;
import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.WorkflowEngineBuilder;
import dev.reprise.workflow.model.WorkflowListener;
import dev.reprise.workflow.spi.WorkflowStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The settings of a {@link WorkflowRunner}: its store, those of its engine, and its threads. */
abstract sealed class RunnerOptions permits WorkflowRunner.Builder {
    final WorkflowStore store;
    final @Nullable JdbcWorkflowStore ownStore;
    private final List<Consumer<WorkflowEngineBuilder>> settings = new ArrayList<>();
    private @Nullable Executor executor;
    @Nullable VirtualTime time;

    RunnerOptions(WorkflowStore store, @Nullable JdbcWorkflowStore ownStore) {
        this.store = store;
        this.ownStore = ownStore;
    }

    abstract WorkflowRunner.Builder self();

    /**
     * Creates or updates the tables of the store. A SQLite file always does it.
     *
     * @throws UnsupportedOperationException if the store has no tables
     * @throws dev.reprise.workflow.model.WorkflowStoreException if the database cannot be reached
     */
    public WorkflowRunner.Builder migrate() {
        WorkflowStores.migrate(store);
        return self();
    }

    /**
     * Sets the number of tasks that run at a time.
     *
     * @param tasks at least 1, which is checked when the runner is built; default: 1; a waiting
     *     controller is not counted
     */
    public WorkflowRunner.Builder parallelism(int tasks) {
        return set(engine -> engine.setParallelism(tasks));
    }

    /**
     * Sets the threads of tasks, controllers, deciders and listeners. In a blocking call, deciders,
     * listeners and decisions of controllers run on the thread of the caller.
     *
     * @param executor default: daemon threads, created when needed; fewer threads than {@link
     *     #parallelism} limit it further
     */
    public WorkflowRunner.Builder executor(Executor executor) {
        this.executor = requireNonNull(executor, "executor");
        return self();
    }

    /**
     * Makes the delays of controllers pass in virtual time, for tests. A blocking call moves the
     * clock, and tasks run on the thread that does, unless an executor is set.
     *
     * @param time that of the test; it needs {@code kotlinx-coroutines-test}
     */
    public WorkflowRunner.Builder time(VirtualTime time) {
        this.time = requireNonNull(time, "time");
        return self();
    }

    /**
     * Sets what happens to the rest when a controller gives up and no controller outside retries.
     *
     * @param defer default: true, everything is reverted; false: only the controller's own workflow
     *     and what comes after it
     */
    public WorkflowRunner.Builder deferReverts(boolean defer) {
        return set(engine -> engine.setDeferReverts(defer));
    }

    /**
     * Sets whether controllers decide about failures.
     *
     * @param resolve default: true; false: the first failure ends the run as {@code FAILURE}, no
     *     controller is consulted and nothing is reverted
     */
    public WorkflowRunner.Builder resolveFailures(boolean resolve) {
        return set(engine -> engine.setResolveFailures(resolve));
    }

    /**
     * Sets what happens to a stored run whose workflow has changed since.
     *
     * @param accept default: false, it is rejected; true: tasks are matched by name, new ones have
     *     not run, missing ones are skipped
     */
    public WorkflowRunner.Builder acceptChanges(boolean accept) {
        return set(engine -> engine.setAcceptChanges(accept));
    }

    /**
     * Adds a listener. Listeners are notified in the order in which they were added.
     *
     * @param listener the run waits until it returns; what it throws is logged and changes nothing
     */
    public WorkflowRunner.Builder listener(WorkflowListener listener) {
        requireNonNull(listener, "listener");
        return set(engine -> engine.listener(listener));
    }

    private WorkflowRunner.Builder set(Consumer<WorkflowEngineBuilder> setting) {
        settings.add(setting);
        return self();
    }

    void applyTo(WorkflowEngineBuilder engine) {
        settings.forEach(setting -> setting.accept(engine));
    }

    Executor threads() {
        if (executor != null) {
            return executor;
        }
        return time == null ? RetryTimer.getWorkers() : time.executor();
    }
}
