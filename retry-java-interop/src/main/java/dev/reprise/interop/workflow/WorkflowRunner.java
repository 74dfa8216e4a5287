package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.internal.RunnerThreads;
import dev.reprise.interop.internal.WorkflowExecution;
import dev.reprise.interop.internal.WorkflowStores;
import dev.reprise.workflow.InMemoryWorkflowStore;
import dev.reprise.workflow.JdbcWorkflowStore;
import dev.reprise.workflow.WorkflowEngine;
import dev.reprise.workflow.WorkflowRun;
import dev.reprise.workflow.model.ControllerHistory;
import dev.reprise.workflow.model.Inputs;
import dev.reprise.workflow.model.Key;
import dev.reprise.workflow.model.ValueCodec;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowState;
import dev.reprise.workflow.model.WorkflowValues;
import dev.reprise.workflow.spi.TaskRecord;
import dev.reprise.workflow.spi.WorkflowStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Runs workflows and keeps their state in a store.
 *
 * <pre>{@code
 * WorkflowRunner runner = WorkflowRunner.open(Path.of("runs.db")).parallelism(4).build();
 * WorkflowOutcome outcome = runner.of(trip).input(traveller, "Ada").id("trip-7").execute();
 * String ticket = outcome.get(flight);
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class WorkflowRunner extends StoredRuns implements AutoCloseable {
    private final @Nullable JdbcWorkflowStore ownStore;

    private WorkflowRunner(Builder builder) {
        super(builder);
        this.ownStore = builder.ownStore;
    }

    /** {@return a builder that keeps runs in memory, as long as the runner lives} */
    public static Builder inMemory() {
        return on(new InMemoryWorkflowStore());
    }

    /**
     * Keeps runs in a SQLite file, which is created if it does not exist. It needs {@code
     * org.xerial:sqlite-jdbc}. {@link #close} closes it.
     *
     * @param file several processes of one machine can open it
     */
    public static Builder open(Path file) {
        JdbcWorkflowStore store = WorkflowStores.open(requireNonNull(file, "file"));
        return new Builder(store, store);
    }

    /**
     * Keeps runs in a SQLite file, like {@link #open(Path)}.
     *
     * @param file several processes of one machine can open it
     * @param codec writes results and inputs; default: {@code ValueCodec.Json}
     * @param lease how long a run belongs to a process that has died; default: 20 s
     * @throws IllegalArgumentException if {@code lease} is below a second
     */
    public static Builder open(Path file, ValueCodec codec, Duration lease) {
        JdbcWorkflowStore store = WorkflowStores.open(requireNonNull(file, "file"), codec, lease);
        return new Builder(store, store);
    }

    /**
     * Keeps runs in a PostgreSQL or SQLite database, with the default settings of {@code
     * JdbcWorkflowStore}; {@link Builder#migrate} creates its tables.
     *
     * @param source a pool whose acquisition has a time limit
     */
    public static Builder jdbc(DataSource source) {
        JdbcWorkflowStore store = new JdbcWorkflowStore(requireNonNull(source, "source"));
        return new Builder(store, store);
    }

    /**
     * Keeps runs in a store, which {@link #close} leaves open.
     *
     * @param store can be shared by several runners
     */
    public static Builder on(WorkflowStore store) {
        return new Builder(requireNonNull(store, "store"), null);
    }

    /**
     * {@return a request for a new run, without inputs}
     *
     * @param workflow built by {@link Workflows}, or in Kotlin
     */
    public Request of(Workflow workflow) {
        requireNonNull(workflow, "workflow");
        return new Request(threads, engine, workflow, Inputs.NONE, null);
    }

    /** {@return the engine of this runner, for {@code QueueRunner} and for Kotlin code} */
    public WorkflowEngine engine() {
        return engine;
    }

    /** Closes the store if this runner opened it. Runs that are still open can no longer use it. */
    @Override
    public void close() {
        if (ownStore != null) {
            ownStore.close();
        }
    }

    /** Builds a {@link WorkflowRunner}. Not thread-safe; the runner is. */
    public static final class Builder extends RunnerOptions {
        private Builder(WorkflowStore store, @Nullable JdbcWorkflowStore ownStore) {
            super(store, ownStore);
        }

        /**
         * Builds the runner. This builder can then build another one on the same store.
         *
         * @return the runner
         * @throws IllegalArgumentException if parallelism is below 1
         */
        public WorkflowRunner build() {
            return new WorkflowRunner(this);
        }

        @Override
        Builder self() {
            return this;
        }
    }

    /** A workflow, its inputs and the id of its run. An immutable value. */
    public static final class Request extends Executions {
        private final RunnerThreads threads;
        private final WorkflowEngine engine;
        private final Workflow workflow;
        private final Inputs inputs;
        private final @Nullable String id;

        private Request(
                RunnerThreads threads,
                WorkflowEngine engine,
                Workflow workflow,
                Inputs inputs,
                @Nullable String id) {
            this.threads = threads;
            this.engine = engine;
            this.workflow = workflow;
            this.inputs = inputs;
            this.id = id;
        }

        /**
         * Sets a value that the run starts with. It takes precedence over what tasks provide.
         *
         * @param key what the tasks require
         * @param value the value
         * @return a changed copy
         */
        public <T extends @Nullable Object> Request input(Key<T> key, T value) {
            return new Request(threads, engine, workflow, inputs.with(key, value), id);
        }

        /**
         * Sets the id of the run. With the id of a stored run it continues that run, with the
         * inputs that were stored with it; inputs that are set again have to be the same.
         *
         * @param id default: a new one for each call
         * @return a changed copy
         */
        public Request id(String id) {
            return new Request(threads, engine, workflow, inputs, requireNonNull(id, "id"));
        }

        /**
         * {@return the run, open but not running; the caller closes it}
         *
         * @throws InterruptedException if this thread is interrupted
         */
        public Run open() throws InterruptedException {
            WorkflowRun run = threads.block(done -> engine.open(workflow, inputs, id, done));
            return new Run(threads, run);
        }

        @Override
        WorkflowExecution execution() {
            return new WorkflowExecution(
                    threads, done -> engine.execute(workflow, inputs, id, done));
        }
    }

    /**
     * One run of a workflow, owned by one runner until it is closed. Its state, records, values,
     * failures and histories can be read at any time, by any thread.
     */
    public static final class Run extends Executions implements AutoCloseable {
        private final RunnerThreads threads;
        private final WorkflowRun run;

        private Run(RunnerThreads threads, WorkflowRun run) {
            this.threads = threads;
            this.run = run;
        }

        /** {@return the id of the run, unique in its store} */
        public String id() {
            return run.getId();
        }

        /** {@return the state of the run} */
        public WorkflowState state() {
            return run.getState();
        }

        /** {@return the record of each task and controller, in the order of the workflow} */
        public List<TaskRecord> records() {
            return run.getRecords();
        }

        /** {@return the values of the inputs and of tasks that have succeeded} */
        public WorkflowValues values() {
            return run.getValues();
        }

        /** {@return the current failures by task or controller; histories hold earlier ones} */
        public Map<String, Throwable> failures() {
            return run.getFailures();
        }

        /**
         * {@return the attempts of a controller}
         *
         * @param controller its name
         * @throws java.util.NoSuchElementException if no controller has that name
         */
        public ControllerHistory history(String controller) {
            return run.history(controller);
        }

        /** Suspends the run: running tasks can end, nothing new starts. */
        public void requestSuspension() {
            run.requestSuspension();
        }

        /**
         * Resets every task without reverting it.
         *
         * @throws IllegalStateException if the run is running
         * @throws InterruptedException if this thread is interrupted
         */
        public void reset() throws InterruptedException {
            threads.block(done -> run.reset(done));
        }

        /**
         * Releases the run, for any runner to continue it. A run that is still running is cancelled
         * first, and its tasks have ended when this returns; do not call it from one of them. An
         * execution that has not started, or is requested afterwards, ends with a {@code
         * CancellationException}. An interruption of this thread does not shorten the wait.
         */
        @Override
        public void close() {
            threads.close(run);
        }

        @Override
        WorkflowExecution execution() {
            return new WorkflowExecution(threads, run::execute);
        }
    }
}
