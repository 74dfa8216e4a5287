package dev.reprise.interop;

import dev.reprise.RetryBuilder;
import dev.reprise.RetryPolicy;
import dev.reprise.run.NestedRetries;
import dev.reprise.run.RetryBudget;
import dev.reprise.run.RetryEvent;
import dev.reprise.run.RetryListener;
import dev.reprise.run.RetryTimer;
import dev.reprise.run.StopSignal;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Builds {@link Retries} by answering three questions: <em>which</em> failures ({@link #on}, {@link
 * #unless}, {@link #onResult}, {@link #failureTester}), <em>how long</em> to wait ({@link #every},
 * {@link #exponential(Duration)} and their kin; with none of them there is no wait), and <em>when
 * to give up</em> ({@link #maxAttempts}, {@link #maxRetries}, {@link #within}, {@link
 * #stopWhen(StopSignal)}, {@link #budget}, {@link #forever}: at least one).
 *
 * <p>With no rule any {@code Exception} is retried, but an interruption never; an {@code Error}
 * only if a rule names it or a subclass of {@code Error}. {@code CompletionException}, {@code
 * ExecutionException}, {@code InvocationTargetException} and {@code UndeclaredThrowableException}
 * are looked through before a rule is asked. Of a failure these are asked in this order:
 * interruption, {@code unless}, the failure itself (a {@code RetryHint}), {@code on}, {@code
 * failureTester}; then the number of attempts, then the wait against {@code within}, then stops,
 * then budgets.
 *
 * <p>A duration beyond 146 years counts as without end. Not thread-safe; what it builds is.
 */
public final class RetriesBuilder extends WhenToGiveUp<RetriesBuilder> {
    private final RetryBuilder core;
    private Executor defaultExecutor = RetryTimer.getWorkers();
    private @Nullable Executor executor;

    RetriesBuilder() {
        this(new RetryBuilder());
    }

    private RetriesBuilder(RetryBuilder core) {
        super(core, ", stopWhen(signal), budget(budget)");
        this.core = core;
    }

    /**
     * Takes a policy as it is, in the place of telling one.
     *
     * @param policy which failures, how long, when to give up
     * @return this builder
     */
    public RetriesBuilder policy(RetryPolicy policy) {
        core.policy(Objects.requireNonNull(policy, "policy"));
        return ending();
    }

    /**
     * Stops the run when the signal is given: a wait ends at once, a running attempt may finish.
     *
     * @param signal shared by any number of runs
     * @return this builder
     */
    public RetriesBuilder stopWhen(StopSignal signal) {
        Bridge.stopWhen(core, Objects.requireNonNull(signal, "signal"), null);
        return ending();
    }

    /**
     * Stops the run when the signal is given: a wait ends at once, a running attempt is cut after
     * {@code grace}.
     *
     * @param signal shared by any number of runs
     * @param grace what a running attempt is given; zero cuts it at once
     * @return this builder
     * @throws IllegalArgumentException if {@code grace} is negative
     */
    public RetriesBuilder stopWhen(StopSignal signal, Duration grace) {
        Objects.requireNonNull(signal, "signal");
        Bridge.stopWhen(core, signal, Objects.requireNonNull(grace, "grace"));
        return ending();
    }

    /**
     * Takes a unit of {@code budget} for every retry; a run that finds it empty ends.
     *
     * @param budget of several all must have a unit
     * @return this builder
     */
    public RetriesBuilder budget(RetryBudget budget) {
        core.budget(Objects.requireNonNull(budget, "budget"));
        return ending();
    }

    /**
     * Says what retries inside the body may do.
     *
     * @param mode default: {@code Count}
     * @return this builder
     */
    public RetriesBuilder nested(NestedRetries mode) {
        core.nestedRetries(Objects.requireNonNull(mode, "mode"));
        return this;
    }

    /**
     * Calls {@code hook} after a failed attempt, before the wait, if another attempt follows.
     *
     * @param hook what it throws is logged and changes nothing
     * @return this builder
     */
    public RetriesBuilder beforeRetry(Consumer<? super Event.AttemptFailed> hook) {
        Objects.requireNonNull(hook, "hook");
        return hear(
                hook,
                event -> {
                    if (event instanceof Event.AttemptFailed failed && failed.nextDelay() != null) {
                        hook.accept(failed);
                    }
                });
    }

    /**
     * Tells {@code listener} every event, on the thread that makes the attempts.
     *
     * @param listener must not block; what it throws is logged and changes nothing
     * @return this builder
     */
    public RetriesBuilder listener(Consumer<? super Event> listener) {
        Objects.requireNonNull(listener, "listener");
        return hear(listener, listener);
    }

    /**
     * Draws jitter from a seeded generator, to see the same waits again.
     *
     * @param seed any number
     * @return this builder
     */
    public RetriesBuilder random(long seed) {
        return random(new Random(seed));
    }

    /**
     * Draws jitter from {@code generator}. Default: one for the whole JVM.
     *
     * @param generator shared by all runs: one that is not thread-safe serves one run at a time
     * @return this builder
     */
    public RetriesBuilder random(RandomGenerator generator) {
        core.random(new GeneratorRandom(Objects.requireNonNull(generator, "generator")));
        return this;
    }

    /**
     * Makes the attempts of futures on {@code executor}; the first attempt of {@code callAsync} is
     * made by the caller all the same. Default: daemon threads, made when needed, which do not keep
     * the JVM alive.
     *
     * @param executor one of virtual threads is welcome; timers need no thread of it
     * @return this builder
     */
    public RetriesBuilder executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /**
     * Lives in another time than the system's: a test's {@link VirtualTime}.
     *
     * @param time the clock and the timer; its executor is the default one
     * @return this builder
     */
    public RetriesBuilder time(RetryTime time) {
        core.timer(Objects.requireNonNull(time, "time"));
        core.timeSource(Bridge.timeSource(time));
        defaultExecutor = time.executor();
        return this;
    }

    /**
     * Builds what was told. The builder may be used on; that changes nothing already built.
     *
     * @return immutable, thread-safe retries
     * @throws IllegalArgumentException if nothing ends them, or two settings contradict each other;
     *     the message says which call mends it
     */
    public RetryRunner build() {
        requireEnd("these retries");
        return new RetryRunner(core.build(), executor == null ? defaultExecutor : executor);
    }

    private RetriesBuilder hear(Object told, Consumer<? super Event> listener) {
        core.listener(new Hearing(told, listener));
        return this;
    }

    /** Bears the name of what the caller has given, for the log to name that if it throws. */
    private record Hearing(Object told, Consumer<? super Event> listener) implements RetryListener {
        @Override
        public void onEvent(RetryEvent event) {
            listener.accept(Views.event(event));
        }

        @Override
        public String toString() {
            return told.toString();
        }
    }
}
