package dev.reprise.interop.queue;

import dev.reprise.interop.internal.QueueLife;
import dev.reprise.interop.internal.QueueSetup;
import dev.reprise.interop.internal.QueueTime;
import dev.reprise.interop.internal.RealTime;
import dev.reprise.interop.internal.TestTime;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.InMemoryCallStore;
import dev.reprise.queue.JdbcCallStore;
import dev.reprise.queue.QueueOperator;
import dev.reprise.queue.RetryQueue;
import dev.reprise.queue.operate.Actor;
import dev.reprise.queue.spi.CallStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Durable calls: an enqueued call runs at least once, on a worker that has a handler of its name,
 * and is retried by its policy across crashes and restarts. One result is accepted, the call ends
 * once, and each callback is enqueued once.
 *
 * <pre>{@code
 * try (QueueRunner queue = QueueRunner.open(Path.of("calls.db"))
 *         .handle(charge, (context, order) -> gateway.charge(order, context.getCid()))
 *         .callback("charged", outcome -> log(outcome))
 *         .build()
 *         .start()) {
 *     CallHandle<String> call = queue.enqueue(
 *             charge, order, c -> c.uniqueKey("order/42").callback("charged"));
 *     String receipt = call.resultAsync().join();
 * }
 * }</pre>
 *
 * <p>A queue that is not started accepts calls and can be queried, but runs no calls. Methods that
 * return no future block until the store responds, and an interruption does not shorten that; only
 * {@code invoke} and {@code invokeOrDefer}, which wait longer, end with it. Safe for any number of
 * threads. Nothing here keeps the JVM alive.
 */
public final class QueueRunner extends QueueEnqueuer implements AutoCloseable {
    private final Duration grace;

    private QueueRunner(QueueLife life, Duration grace) {
        super(life);
        this.grace = grace;
    }

    /**
     * {@return a new builder of a queue in the SQLite file {@code file}, which is created if it
     * does not exist} Needs {@code org.xerial:sqlite-jdbc}; several processes on one machine can
     * open the same file.
     *
     * @param file keeps the calls
     */
    public static Builder open(Path file) {
        return owning(new JdbcCallStore(Objects.requireNonNull(file, "file"))).migrate();
    }

    /**
     * {@return a new builder of a queue in the database of {@code dataSource}, SQLite or
     * PostgreSQL, in tables whose names start with {@code reprise_}} {@link Builder#migrate}
     * creates them, or the scripts in the jar do.
     *
     * @param dataSource for PostgreSQL a pool of at least three connections
     */
    public static Builder jdbc(DataSource dataSource) {
        return owning(new JdbcCallStore(Objects.requireNonNull(dataSource, "dataSource")));
    }

    /**
     * {@return a new builder of a queue in memory: for tests, and where the calls can be lost with
     * the process}
     */
    public static Builder inMemory() {
        return inMemory(RealTime.INSTANCE);
    }

    /**
     * {@return a new builder of a queue in memory and in virtual time: three days of retries pass
     * in milliseconds} Its clock starts at 1970-01-01T00:00:00Z; handlers run on the thread that
     * moves the clock, unless the builder has an executor.
     *
     * @param time that of the test
     */
    public static Builder inMemory(VirtualTime time) {
        return inMemory(new TestTime(Objects.requireNonNull(time, "time")));
    }

    private static Builder inMemory(QueueTime time) {
        return new Builder(new InMemoryCallStore(time.getClock()), true, time);
    }

    /**
     * {@return a new builder of a queue on a store; closing the queue does not close it}
     *
     * @param store shared by any number of queues
     */
    public static Builder on(CallStore store) {
        return new Builder(Objects.requireNonNull(store, "store"), false, RealTime.INSTANCE);
    }

    private static Builder owning(CallStore store) {
        return new Builder(store, true, RealTime.INSTANCE);
    }

    /**
     * Starts to run calls, until {@link #stopWorking} or {@link #close}.
     *
     * @return this queue
     * @throws dev.reprise.queue.model.StoreUnavailableException if the store cannot be reached
     * @throws dev.reprise.queue.model.SchemaException if its tables are missing, or were created by
     *     a newer version
     * @throws dev.reprise.queue.model.QueueClosedException if the queue is running, or was closed
     */
    public QueueRunner start() {
        life.start();
        return this;
    }

    /**
     * Stops to run calls, as {@link #close} does, and leaves the queue open: calls are accepted and
     * run in other processes, or here after another {@link #start}.
     *
     * @param grace how long running handlers can take to end; not negative
     */
    public void stopWorking(Duration grace) {
        life.stopWorking(grace);
    }

    /** Closes the queue with the grace of the builder. */
    @Override
    public void close() {
        close(grace);
    }

    /**
     * Stops in this sequence: no more claims; running handlers get {@code grace} to end, then they
     * are cancelled; all results are written; calls that did not finish go back to the queue
     * without counting an attempt. Futures whose calls have not ended complete with {@code
     * QueueClosedException}. Returns when nothing of the queue runs; an interruption ends the
     * grace.
     *
     * @param grace not negative; zero cancels running handlers immediately
     */
    public void close(Duration grace) {
        life.close(grace);
    }

    /**
     * {@return what a person on call sees of this queue and does to it, also if it is not started}
     * Its functions return futures.
     *
     * @param actor the name in the audit
     */
    public QueueOperator operator(Actor actor) {
        return life.getQueue().operator(Objects.requireNonNull(actor, "actor"));
    }

    /** {@return the same queue for Kotlin code; close it here} */
    public RetryQueue asRetryQueue() {
        return life.getQueue();
    }

    /** Configures the handlers and the settings of a {@link QueueRunner}. Not thread-safe. */
    public static final class Builder extends SettingsBuilder {
        private final CallStore store;
        private final boolean ownsStore;
        private final QueueTime time;
        private final List<Consumer<QueueSetup>> settings = new ArrayList<>();
        private Duration grace = Duration.ofSeconds(30);
        private @Nullable Executor executor;
        private boolean migrates;

        private Builder(CallStore store, boolean ownsStore, QueueTime time) {
            this.store = store;
            this.ownsStore = ownsStore;
            this.time = time;
        }

        /**
         * Runs handlers on {@code executor}. Default: daemon threads. If it rejects a handler, or
         * interrupts it because it is shut down, the call is snoozed for a second: that is not a
         * failure of the call.
         *
         * @param executor for example one of virtual threads; the queue does not shut it down
         */
        public Builder executor(Executor executor) {
            this.executor = Objects.requireNonNull(executor, "executor");
            return this;
        }

        /**
         * Sets how long running handlers can take to end when the queue is closed. Default: 30 s.
         *
         * @param time not negative; zero cancels them immediately
         */
        public Builder grace(Duration time) {
            this.grace = Objects.requireNonNull(time, "time");
            return this;
        }

        /**
         * Creates or updates the tables of a store on a {@code DataSource} when the queue is built;
         * several processes can do so at the same time. A queue in a file always does it.
         *
         * @throws UnsupportedOperationException if the store has no tables
         */
        public Builder migrate() {
            if (!(store instanceof JdbcCallStore)) {
                throw new UnsupportedOperationException(store + " has no tables to migrate");
            }
            migrates = true;
            return this;
        }

        /**
         * Builds the queue, which accepts calls from then on; {@link QueueRunner#start} starts to
         * run them.
         *
         * @return the queue
         * @throws IllegalArgumentException if a handler is registered twice, a lane has no handler,
         *     or a value is out of its range
         * @throws dev.reprise.queue.model.StoreUnavailableException if {@link #migrate} cannot
         *     reach the database
         */
        public QueueRunner build() {
            QueueLife life = new QueueLife(store, ownsStore, time, executor, settings);
            if (migrates) {
                life.migrate();
            }
            return new QueueRunner(life, grace);
        }

        @Override
        Builder configure(Consumer<QueueSetup> setting) {
            settings.add(setting);
            return this;
        }
    }
}
