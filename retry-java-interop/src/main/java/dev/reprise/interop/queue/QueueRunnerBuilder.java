package dev.reprise.interop.queue;

import dev.reprise.RetryPolicy;
import dev.reprise.RetryPolicyBuilder;
import dev.reprise.queue.JdbcCallStore;
import dev.reprise.queue.RetryQueueBuilder;
import dev.reprise.queue.spi.CallStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Says what a {@link QueueRunner} handles, and how. Not thread-safe. */
public final class QueueRunnerBuilder extends HandlerBuilder {
    private final CallStore store;
    private final boolean ownsStore;
    private final QueueTime time;
    private final List<BiConsumer<RetryQueueBuilder, Handlers>> told = new ArrayList<>();
    private Duration grace = Duration.ofSeconds(30);
    private @Nullable Executor executor;
    private boolean migrates;

    QueueRunnerBuilder(CallStore store, boolean ownsStore, QueueTime time) {
        this.store = store;
        this.ownsStore = ownsStore;
        this.time = time;
    }

    /**
     * Retries calls for which nothing else is said by {@code policy}. Default: {@code
     * RetryPolicies.durableDefault()}.
     *
     * @param policy data only: when the queue is built, one that holds code is refused with {@code
     *     IllegalStateException}, and one that only a stop or a budget was to end with {@code
     *     IllegalArgumentException}
     * @return this builder
     */
    public QueueRunnerBuilder policy(RetryPolicy policy) {
        Objects.requireNonNull(policy, "policy");
        return tell((builder, handlers) -> builder.policy(policy));
    }

    /**
     * Retries calls for which nothing else is said by the policy that is told here.
     *
     * @param tell says it
     * @return this builder
     * @throws IllegalArgumentException if nothing ends the policy, or it contradicts itself
     */
    public QueueRunnerBuilder policy(Consumer<? super RetryPolicyBuilder> tell) {
        RetryPolicyBuilder builder = RetryPolicy.builder();
        tell.accept(builder);
        return policy(builder.build());
    }

    /**
     * Retries calls for which nothing else is said by the policy that is written here.
     *
     * @param notation as {@code RetryPolicy.parse} reads it: {@code "every(1m) maxAttempts(5)"}
     * @return this builder
     * @throws dev.reprise.policy.RetryPolicyParseException if it is no policy; it tells where
     */
    public QueueRunnerBuilder policy(String notation) {
        return policy(RetryPolicy.parse(Objects.requireNonNull(notation, "notation")));
    }

    /**
     * The name under which this worker is seen in {@link QueueRunner#why}. Default: the id of the
     * process.
     *
     * @param name for people
     * @return this builder
     */
    public QueueRunnerBuilder workerName(String name) {
        Objects.requireNonNull(name, "name");
        return tell((builder, handlers) -> builder.setWorkerName(name));
    }

    /**
     * How often a store that others may change is asked for due calls. Default: 1 s.
     *
     * @param time positive
     * @return this builder
     */
    public QueueRunnerBuilder pollInterval(Duration time) {
        Objects.requireNonNull(time, "time");
        return tell((builder, handlers) -> QueueBridge.pollInterval(builder, time));
    }

    /**
     * How long a call that succeeded or was cancelled is kept. Default: 3 days.
     *
     * @param time not negative
     * @return this builder
     */
    public QueueRunnerBuilder retention(Duration time) {
        Objects.requireNonNull(time, "time");
        return tell((builder, handlers) -> QueueBridge.retention(builder, time));
    }

    /**
     * Cuts an attempt whose policy has no {@code attemptTimeout}. Default: 15 minutes.
     *
     * @param time positive; null for no cut
     * @return this builder
     */
    public QueueRunnerBuilder attemptTimeout(@Nullable Duration time) {
        return tell((builder, handlers) -> QueueBridge.attemptTimeout(builder, time));
    }

    /**
     * The largest request or response. Default: 1 MiB.
     *
     * @param bytes not negative
     * @return this builder
     */
    public QueueRunnerBuilder maxPayloadBytes(int bytes) {
        return tell((builder, handlers) -> builder.setMaxPayloadBytes(bytes));
    }

    /**
     * Draws jitter from {@code generator}. Default: one for the whole JVM.
     *
     * @param generator thread-safe
     * @return this builder
     */
    public QueueRunnerBuilder random(RandomGenerator generator) {
        Objects.requireNonNull(generator, "generator");
        return tell((builder, handlers) -> QueueBridge.random(builder, generator));
    }

    /**
     * Runs handlers on {@code executor}. Default: daemon threads, made when needed, which do not
     * keep the JVM alive. Where it rejects a handler, or interrupts it because it is shut down, the
     * call is snoozed for a second: that is no fault of the call.
     *
     * @param executor one of virtual threads is welcome; the queue does not shut it down
     * @return this builder
     */
    public QueueRunnerBuilder executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /**
     * What running handlers are given to end when the queue is closed. Default: 30 s.
     *
     * @param time not negative; zero cuts them at once
     * @return this builder
     */
    public QueueRunnerBuilder grace(Duration time) {
        this.grace = QueueRunner.requireGrace(time);
        return this;
    }

    /**
     * Makes the tables of a store on a {@code DataSource} when the queue is built, or brings them
     * up to date; several processes may do so at a time. A SQLite file always does it.
     *
     * @return this builder
     * @throws UnsupportedOperationException if the store has no tables
     */
    public QueueRunnerBuilder migrate() {
        if (!(store instanceof JdbcCallStore)) {
            throw new UnsupportedOperationException(store + " has no tables to migrate");
        }
        migrates = true;
        return this;
    }

    /**
     * Builds the queue, which can enqueue from then on; {@link QueueRunner#start} makes it call.
     *
     * @return the queue
     * @throws IllegalArgumentException if a handler is told twice, a lane has no handler, or a
     *     value is out of its range
     * @throws dev.reprise.queue.model.StoreUnavailableException if {@link #migrate} cannot reach
     *     the database
     */
    public QueueRunner build() {
        QueueLife life = new QueueLife(store, ownsStore, time, executor, this::tellAll);
        if (migrates) {
            QueueBridge.migrate((JdbcCallStore) store);
        }
        return new QueueRunner(life, grace);
    }

    private void tellAll(RetryQueueBuilder builder, Handlers handlers) {
        told.forEach(one -> one.accept(builder, handlers));
    }

    @Override
    QueueRunnerBuilder tell(BiConsumer<RetryQueueBuilder, Handlers> one) {
        told.add(one);
        return this;
    }
}
