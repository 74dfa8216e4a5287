package dev.reprise.interop.queue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.RetryQueue;
import dev.reprise.queue.model.QueueClosedException;
import dev.reprise.queue.spi.CallStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * Durable calls: what is enqueued is made at least once, by whichever worker has a handler of that
 * name, again and again as its policy says, across crashes and restarts. One accepted result, one
 * end, and each callback once.
 *
 * <pre>{@code
 * try (QueueRunner queue = QueueRunner.sqlite(Path.of("calls.db"))
 *         .handle(charge, (call, order) -> gateway.charge(order, call.cid()))
 *         .callback("charged", outcome -> log(outcome))
 *         .build()
 *         .start()) {
 *     QueuedCall<String> call = queue.enqueue(
 *             charge, order, c -> c.uniqueKey("order/42").callback("charged"));
 *     String receipt = call.result().join();
 * }
 * }</pre>
 *
 * <p>A queue that is not started enqueues and answers questions, and makes no calls. Methods that
 * return no future block while the store answers, and an interruption does not shorten that; only
 * {@code invoke} and its kin, which wait longer, end with it. Safe for any number of threads.
 * Nothing here keeps the JVM alive.
 */
public final class QueueRunner extends QueueEnqueuer implements AutoCloseable {
    private final Duration grace;

    QueueRunner(QueueLife life, Duration grace) {
        super(life);
        this.grace = grace;
    }

    /**
     * A queue in memory: for tests, and where losing the calls with the process is right.
     *
     * @return a new builder
     */
    public static QueueRunnerBuilder inMemory() {
        return inMemory(QueueBridge.realTime());
    }

    /**
     * A queue in memory and in virtual time: three days of retries pass in milliseconds. Its clock
     * begins at 1970-01-01T00:00:00Z; handlers run on the thread that moves the clock, unless the
     * builder is given an executor.
     *
     * @param time that of the test
     * @return a new builder
     */
    public static QueueRunnerBuilder inMemory(VirtualTime time) {
        return inMemory(QueueBridge.testTime(Objects.requireNonNull(time, "time")));
    }

    private static QueueRunnerBuilder inMemory(QueueTime time) {
        return new QueueRunnerBuilder(QueueBridge.memory(time), true, time);
    }

    /**
     * A queue in a SQLite file, which is made if it is not there. It needs {@code
     * org.xerial:sqlite-jdbc}; several processes on one machine may open the same file.
     *
     * @param file where the calls are kept
     * @return a new builder
     */
    public static QueueRunnerBuilder sqlite(Path file) {
        return owning(QueueBridge.sqlite(Objects.requireNonNull(file, "file"))).migrate();
    }

    /**
     * A queue in the SQLite or PostgreSQL database that {@code dataSource} leads to, in tables that
     * begin with {@code reprise_}. Say {@link QueueRunnerBuilder#migrate}, or make the tables by
     * hand from the scripts in the jar.
     *
     * @param dataSource for PostgreSQL a pool of three connections or more, whose acquisition has a
     *     time limit: one is kept to hear of calls that other processes enqueue
     * @return a new builder
     */
    public static QueueRunnerBuilder jdbc(DataSource dataSource) {
        return jdbc(dataSource, "reprise_", Duration.ofSeconds(30));
    }

    /**
     * A queue in a database, in tables of another name.
     *
     * @param dataSource as for {@link #jdbc(DataSource)}
     * @param tablePrefix a lower-case letter, then at most 30 lower-case letters, digits and
     *     underscores
     * @param statementTimeout cuts every statement; from a second to a day
     * @return a new builder
     * @throws IllegalArgumentException if the prefix is no such name, or the time is not in there
     */
    public static QueueRunnerBuilder jdbc(
            DataSource dataSource, String tablePrefix, Duration statementTimeout) {
        Objects.requireNonNull(dataSource, "dataSource");
        Objects.requireNonNull(tablePrefix, "tablePrefix");
        Objects.requireNonNull(statementTimeout, "statementTimeout");
        return owning(QueueBridge.jdbc(dataSource, tablePrefix, statementTimeout));
    }

    /**
     * A queue in a store that was made elsewhere; closing the queue does not close it.
     *
     * @param store shared by any number of queues
     * @return a new builder
     */
    public static QueueRunnerBuilder on(CallStore store) {
        return new QueueRunnerBuilder(
                Objects.requireNonNull(store, "store"), false, QueueBridge.realTime());
    }

    private static QueueRunnerBuilder owning(CallStore store) {
        return new QueueRunnerBuilder(store, true, QueueBridge.realTime());
    }

    /**
     * Starts to make calls, until {@link #close}.
     *
     * @return this queue
     * @throws dev.reprise.queue.model.StoreUnavailableException if the store cannot be reached
     * @throws dev.reprise.queue.model.SchemaException if its tables are missing, or made by a newer
     *     version
     * @throws QueueClosedException if it was started before
     */
    public QueueRunner start() {
        life.start();
        return this;
    }

    /** Closes the queue with the grace of the builder. */
    @Override
    public void close() {
        close(grace);
    }

    /**
     * Stops in this order: no more claims; running handlers get {@code grace} to end, then they are
     * cut; all ends are written; what was not finished goes back to the queue without counting as
     * an attempt. Futures whose calls have not ended complete with {@code QueueClosedException}.
     * Returns when nothing of the queue runs any more; an interruption ends the grace.
     *
     * @param grace not negative; zero cuts running handlers at once
     */
    public void close(Duration grace) {
        QueueBridge.close(life, requireGrace(grace));
    }

    /**
     * Hands this queue to Kotlin code.
     *
     * @return the same; it is closed here
     */
    public RetryQueue asRetryQueue() {
        return life.getQueue();
    }

    static Duration requireGrace(Duration grace) {
        if (grace.isNegative()) {
            throw new IllegalArgumentException(
                    "grace must not be negative, but was "
                            + grace
                            + "; zero cuts running handlers at once");
        }
        return grace;
    }

    static QueueClosedException closed() {
        return new QueueClosedException(
                "the queue is closed; build another one on the same store, where its calls go on");
    }
}
