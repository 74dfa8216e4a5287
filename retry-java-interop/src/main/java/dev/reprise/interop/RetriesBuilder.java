package dev.reprise.interop;

import dev.reprise.RetryBuilder;
import dev.reprise.engine.Nested;
import dev.reprise.engine.RetryBudget;
import dev.reprise.engine.RetryEvent;
import dev.reprise.engine.RetryListener;
import dev.reprise.engine.RetryTimer;
import dev.reprise.engine.StopSignal;
import dev.reprise.policy.Jitter;
import dev.reprise.policy.Rethrow;
import dev.reprise.policy.RetryPolicy;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
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
public final class RetriesBuilder {
    private final RetryBuilder core = new RetryBuilder();
    private boolean ends;
    private Executor defaultExecutor = RetryTimer.getWorkers();
    private @Nullable Executor executor;

    RetriesBuilder() {}

    /**
     * Waits the same time before every retry, without jitter.
     *
     * @param delay from the end of one attempt to the start of the next; zero retries at once
     * @return this builder
     * @throws IllegalArgumentException if {@code delay} is negative, or waits were told before
     */
    public RetriesBuilder every(Duration delay) {
        return waits(Waits.every(delay));
    }

    /**
     * Waits {@code base}, then each time twice as long, with full jitter.
     *
     * @param base the first wait, before jitter
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, or waits were told before
     */
    public RetriesBuilder exponential(Duration base) {
        return waits(Waits.exponential(base));
    }

    /**
     * Waits {@code base}, then each time {@code factor} times as long, never longer than {@code
     * max}, with full jitter: each wait is anything between zero and the computed one.
     *
     * @param base the first wait, before jitter
     * @param factor how much longer each wait is than the one before
     * @param max the longest wait
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, {@code factor} is below 1
     *     or not finite, {@code max} is below {@code base}, or waits were told before
     */
    public RetriesBuilder exponential(Duration base, double factor, Duration max) {
        return waits(Waits.exponential(base, factor, max));
    }

    /**
     * Waits {@code base}, then each time {@code base} longer, without jitter.
     *
     * @param base the first wait and the step
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, or waits were told before
     */
    public RetriesBuilder linear(Duration base) {
        return waits(Waits.linear(base));
    }

    /**
     * Waits {@code base} times 1, 1, 2, 3, 5, 8 …, without jitter.
     *
     * @param base the first wait
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, or waits were told before
     */
    public RetriesBuilder fibonacci(Duration base) {
        return waits(Waits.fibonacci(base));
    }

    /**
     * Waits these durations, in this order; their end is also the limit.
     *
     * @param waits three waits allow four attempts
     * @return this builder
     * @throws IllegalArgumentException if there is none, one is negative, or waits were told before
     */
    public RetriesBuilder delays(Duration... waits) {
        return waits(Waits.delays(waits));
    }

    /**
     * Waits what {@code waits} yields; see {@link Waits#delays(Iterable)}.
     *
     * @param waits a list, or something that each run asks for an iterator
     * @return this builder
     * @throws IllegalArgumentException if it is an empty collection, a wait in it is negative, or
     *     waits were told before
     */
    public RetriesBuilder delays(Iterable<Duration> waits) {
        return waits(Waits.delays(waits));
    }

    /**
     * Waits as {@code waits} says.
     *
     * @param waits how long to wait
     * @return this builder
     * @throws IllegalArgumentException if waits were told before
     */
    public RetriesBuilder waits(Waits waits) {
        waits.tell(core);
        return waits.end ? ending() : this;
    }

    /**
     * Spreads the waits.
     *
     * @param kind default: {@code Full} for {@code exponential}, {@code None} for the others
     * @return this builder
     * @throws IllegalArgumentException if it was given before
     */
    public RetriesBuilder jitter(Jitter kind) {
        core.jitter(Objects.requireNonNull(kind, "kind"));
        return this;
    }

    /**
     * Waits before the first attempt. Default: zero. It counts for {@link #within}.
     *
     * @param delay the wait
     * @return this builder
     * @throws IllegalArgumentException if {@code delay} is negative
     */
    public RetriesBuilder initialDelay(Duration delay) {
        Bridge.initialDelay(core, Objects.requireNonNull(delay, "delay"));
        return this;
    }

    /**
     * Reads from a failure how long to wait at least, as a server says it in {@code Retry-After}.
     * The larger of this and the computed wait is waited; one that would reach the end of {@link
     * #within} ends the run at once.
     *
     * @param hint returns null where the failure says nothing
     * @return this builder
     * @throws IllegalArgumentException if it was given before
     */
    public RetriesBuilder delayFrom(
            Function<? super Throwable, ? extends @Nullable Duration> hint) {
        Bridge.delayFrom(core, Objects.requireNonNull(hint, "hint"));
        return this;
    }

    /**
     * Retries failures of this type.
     *
     * @param type the class or interface of the failure
     * @return this builder
     */
    public RetriesBuilder on(Class<? extends Throwable> type) {
        return rule(type, false, null, null);
    }

    /**
     * Retries failures of this type for which {@code predicate} holds.
     *
     * @param <E> the type
     * @param type the class of the failure
     * @param predicate if it throws, the run ends with the failure it was shown
     * @return this builder
     */
    public <E extends Throwable> RetriesBuilder on(Class<E> type, Predicate<? super E> predicate) {
        return rule(type, false, Objects.requireNonNull(predicate, "predicate"), null);
    }

    /**
     * Retries failures of this type after waits of their own, with a counter of their own. The
     * first rule that matches a failure counts.
     *
     * @param type the class of the failure
     * @param waits how long to wait after such a failure
     * @return this builder
     */
    public RetriesBuilder on(Class<? extends Throwable> type, Waits waits) {
        return rule(type, false, null, Objects.requireNonNull(waits, "waits"));
    }

    /**
     * Retries failures of this type for which {@code predicate} holds, after waits of their own.
     *
     * @param <E> the type
     * @param type the class of the failure
     * @param predicate if it throws, the run ends with the failure it was shown
     * @param waits how long to wait after such a failure
     * @return this builder
     */
    public <E extends Throwable> RetriesBuilder on(
            Class<E> type, Predicate<? super E> predicate, Waits waits) {
        return rule(
                type,
                false,
                Objects.requireNonNull(predicate, "predicate"),
                Objects.requireNonNull(waits, "waits"));
    }

    /**
     * Retries failures that are of this type or have such a one among their causes.
     *
     * @param type the class of the cause
     * @return this builder
     */
    public RetriesBuilder onCause(Class<? extends Throwable> type) {
        return rule(type, true, null, null);
    }

    /**
     * Retries failures that are, or have among their causes, one of this type for which {@code
     * predicate} holds.
     *
     * @param <E> the type
     * @param type the class of the cause
     * @param predicate if it throws, the run ends with the failure it was shown
     * @return this builder
     */
    public <E extends Throwable> RetriesBuilder onCause(
            Class<E> type, Predicate<? super E> predicate) {
        return rule(type, true, Objects.requireNonNull(predicate, "predicate"), null);
    }

    private <E extends Throwable> RetriesBuilder rule(
            Class<E> type,
            boolean inCauses,
            @Nullable Predicate<? super E> predicate,
            @Nullable Waits waits) {
        Objects.requireNonNull(type, "type");
        Bridge.on(core, type, inCauses, predicate, waits == null ? null : waits::tell);
        return this;
    }

    /**
     * Never retries failures of this type; wins over every {@code on}, whatever the order.
     *
     * @param type the class of the failure
     * @return this builder
     */
    public RetriesBuilder unless(Class<? extends Throwable> type) {
        Bridge.unless(core, Objects.requireNonNull(type, "type"), false, null);
        return this;
    }

    /**
     * Never retries failures of this type for which {@code predicate} holds.
     *
     * @param <E> the type
     * @param type the class of the failure
     * @param predicate if it throws, the run ends with the failure it was shown
     * @return this builder
     */
    public <E extends Throwable> RetriesBuilder unless(
            Class<E> type, Predicate<? super E> predicate) {
        Objects.requireNonNull(type, "type");
        Bridge.unless(core, type, false, Objects.requireNonNull(predicate, "predicate"));
        return this;
    }

    /**
     * Never retries failures that are of this type or have such a one among their causes.
     *
     * @param type the class of the cause
     * @return this builder
     */
    public RetriesBuilder unlessCause(Class<? extends Throwable> type) {
        Bridge.unless(core, Objects.requireNonNull(type, "type"), true, null);
        return this;
    }

    /**
     * Retries results of this type for which {@code predicate} holds. A discarded result that is
     * {@code AutoCloseable} is closed.
     *
     * @param <T> the type
     * @param type the class of the result; null is of no type
     * @param predicate true for a result that is not good enough
     * @return this builder
     */
    public <T> RetriesBuilder onResult(Class<T> type, Predicate<? super T> predicate) {
        Objects.requireNonNull(type, "type");
        Bridge.onResult(core, type, Objects.requireNonNull(predicate, "predicate"));
        return this;
    }

    /**
     * Retries results for which {@code predicate} holds; null is shown to it too: {@code
     * onResult(Objects::isNull)}.
     *
     * @param predicate true for a result that is not good enough
     * @return this builder
     */
    public RetriesBuilder onResult(Predicate<? super @Nullable Object> predicate) {
        Bridge.onResult(core, null, Objects.requireNonNull(predicate, "predicate"));
        return this;
    }

    /**
     * Shows every failure that the other rules would retry to a tester. One that returns null lets
     * it pass; one that returns or throws a failure ends the run with that failure.
     *
     * @param factory called once a run, so that a tester may have a state
     * @return this builder
     * @throws IllegalArgumentException if it was given before
     */
    public RetriesBuilder failureTester(
            Supplier<? extends Function<? super Throwable, ? extends @Nullable Throwable>>
                    factory) {
        Bridge.failureTester(core, Objects.requireNonNull(factory, "factory"));
        return this;
    }

    /**
     * Makes at most so many calls in all.
     *
     * @param calls the first included
     * @return this builder
     * @throws IllegalArgumentException if {@code calls} is below 1, or a count was given before
     */
    public RetriesBuilder maxAttempts(int calls) {
        core.maxAttempts(calls);
        return ending();
    }

    /**
     * Makes at most so many calls after the first.
     *
     * @param calls zero makes a single attempt
     * @return this builder
     * @throws IllegalArgumentException if {@code calls} is negative, or a count was given before
     */
    public RetriesBuilder maxRetries(int calls) {
        core.maxRetries(calls);
        return ending();
    }

    /**
     * Ends the run so long after its start, on a monotonic clock: no attempt starts at or after
     * that, no wait that would reach it is begun, and an attempt that is running then is cut.
     *
     * @param time for the whole run
     * @return this builder
     * @throws IllegalArgumentException if {@code time} is not positive, or was given before
     */
    public RetriesBuilder within(Duration time) {
        Bridge.within(core, Objects.requireNonNull(time, "time"));
        return ending();
    }

    /**
     * Cuts each attempt so long after its start: a blocking body is interrupted, a stage is
     * cancelled. The cut is a failure like any other, an {@code AttemptTimeoutException}.
     *
     * @param time for one attempt
     * @return this builder
     * @throws IllegalArgumentException if {@code time} is not positive
     */
    public RetriesBuilder attemptTimeout(Duration time) {
        Bridge.attemptTimeout(core, Objects.requireNonNull(time, "time"));
        return this;
    }

    /**
     * Sets no limit. It has to be said, because it is seldom meant.
     *
     * @return this builder
     */
    public RetriesBuilder forever() {
        core.forever();
        return ending();
    }

    /**
     * Says which failure is thrown when the run gives up.
     *
     * @param which default: {@code Last}
     * @return this builder
     */
    public RetriesBuilder rethrow(Rethrow which) {
        core.rethrow(Objects.requireNonNull(which, "which"));
        return this;
    }

    /**
     * Returns the last result, instead of throwing {@code RetryExhaustedException}, when the run
     * gives up on a result.
     *
     * @return this builder
     */
    public RetriesBuilder orLast() {
        core.orLast();
        return this;
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
    public RetriesBuilder nested(Nested mode) {
        core.nested(Objects.requireNonNull(mode, "mode"));
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
    public Retries build() {
        if (!ends) {
            throw new IllegalArgumentException(
                    "nothing ends these retries: say maxAttempts(n), maxRetries(n), within(time),"
                            + " delays(…), stopWhen(signal), budget(budget) or forever()");
        }
        return new Retries(core.build(), executor == null ? defaultExecutor : executor);
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

    private RetriesBuilder ending() {
        ends = true;
        return this;
    }
}
