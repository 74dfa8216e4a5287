package dev.reprise.interop;

import static java.util.Objects.requireNonNull;

import dev.reprise.NamedPolicies;
import dev.reprise.Retry;
import dev.reprise.RetryOptions;
import dev.reprise.RetryPolicy;
import dev.reprise.interop.function.AttemptCallable;
import dev.reprise.interop.function.ThrowingCallable;
import dev.reprise.interop.function.ThrowingRunnable;
import dev.reprise.interop.internal.Runs;
import dev.reprise.run.RetryOutcome;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a body again until it succeeds or the policy gives up.
 *
 * <pre>{@code
 * RetryRunner reconnect = RetryRunner.builder()
 *         .every(Duration.ofSeconds(60)).on(ConnectException.class).stopWhen(stop).build();
 * Socket socket = reconnect.call(() -> connect(host));
 * CompletableFuture<Socket> later = reconnect.callAsync(() -> connectAsync(host));
 * }</pre>
 *
 * <p>Immutable and thread-safe: one object serves any number of concurrent runs. When a run gives
 * up, it throws its last failure unchanged, with a report attached: {@code
 * RetryReport.of(failure)}. {@code attemptTimeout}, {@code maxDuration} and the grace of a stop
 * cancel a blocking body by interrupting its thread, and a stage by cancelling it.
 */
public final class RetryRunner extends AsyncRunner {
    private RetryRunner(Retry retry, @Nullable Executor executor) {
        super(retry, executor);
    }

    /**
     * {@return a builder that sets which failures to retry, how long to wait and when to give up}
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return a runner with the settings of a {@code Retry} that was built in Kotlin}
     *
     * @param retry built with {@code retry { }}
     */
    public static RetryRunner of(Retry retry) {
        return new RetryRunner(requireNonNull(retry, "retry"), null);
    }

    /**
     * {@return a runner with a policy, without listeners, stop signals or budgets}
     *
     * @param policy which failures, how long, when to give up
     * @throws IllegalArgumentException if the policy has no limit
     */
    public static RetryRunner of(RetryPolicy policy) {
        return of(policy.toRetry());
    }

    /**
     * {@return a runner with the policy of a name, which is looked up whenever a run starts} Events
     * carry the name.
     *
     * @param policies the policies
     * @param name one of their names
     * @throws IllegalArgumentException if there is no such name; the message lists the names
     */
    public static RetryRunner named(NamedPolicies policies, String name) {
        return of(policies.retry(name));
    }

    /**
     * Runs {@code body} on the calling thread, which sleeps between the attempts.
     *
     * <p>Also thrown, though not declared: {@code InterruptedException} if the thread is
     * interrupted during a delay, with the last failure suppressed; {@code AttemptTimeoutException}
     * if the last attempt timed out; {@code RetryExhaustedException} if the last result was
     * rejected; {@code RetryStoppedException} if the run was stopped before an attempt ended. A
     * body that throws because of an interrupt is not retried. The interrupt flag is set
     * afterwards.
     *
     * @param body one attempt
     * @return the result of the first attempt that succeeds
     * @throws E the exception of the last attempt, unchanged
     */
    public <T extends @Nullable Object, E extends Exception> T call(ThrowingCallable<T, E> body)
            throws E {
        requireNonNull(body, "body");
        return Runs.call(retry, body);
    }

    /**
     * Runs like {@link #call} and passes the facts of the attempt to {@code body}.
     *
     * @param body one attempt
     * @return the result of the first attempt that succeeds
     * @throws E the exception of the last attempt, unchanged
     */
    public <T extends @Nullable Object, E extends Exception> T callWithAttempt(
            AttemptCallable<T, E> body) throws E {
        return Runs.call(retry, requireNonNull(body, "body"));
    }

    /**
     * Runs like {@link #call}, for a body without a result.
     *
     * @param body one attempt
     * @throws E the exception of the last attempt, unchanged
     */
    public <E extends Exception> void run(ThrowingRunnable<E> body) throws E {
        Runs.<@Nullable Void>call(retry, nothing(body));
    }

    /**
     * Runs like {@link #call} and returns how the run ended as a value.
     *
     * @param body one attempt
     * @return the result or the failure, and the number of attempts
     * @throws InterruptedException if the thread is interrupted during a delay; nothing else is
     *     thrown
     */
    @SuppressWarnings("RedundantThrows") // Kotlin declares no exceptions.
    public <T extends @Nullable Object> RetryOutcome<T> outcome(ThrowingCallable<T, ?> body)
            throws InterruptedException {
        return Runs.outcome(retry, ofAttempt(body));
    }

    /**
     * Runs like {@link #outcome} and passes the facts of the attempt to {@code body}.
     *
     * @param body one attempt
     * @return the result or the failure, and the number of attempts
     * @throws InterruptedException as for {@link #outcome}
     */
    @SuppressWarnings("RedundantThrows") // Kotlin declares no exceptions.
    public <T extends @Nullable Object> RetryOutcome<T> outcomeWithAttempt(
            AttemptCallable<T, ?> body) throws InterruptedException {
        return Runs.outcome(retry, requireNonNull(body, "body"));
    }

    /**
     * {@return a callable with retries: each call of it is a run}
     *
     * @param body one attempt
     */
    public <T extends @Nullable Object, E extends Exception> ThrowingCallable<T, E> decorate(
            ThrowingCallable<T, E> body) {
        requireNonNull(body, "body");
        return () -> call(body);
    }

    /**
     * {@return a callable of the JDK with retries: each call of it is a run, for an executor for
     * example}
     *
     * @param body one attempt
     */
    public <T extends @Nullable Object> Callable<T> decorateCallable(Callable<T> body) {
        requireNonNull(body, "body");
        return () -> call(body::call);
    }

    /**
     * {@return a runnable with retries: each call of it is a run}
     *
     * @param body one attempt
     */
    public Runnable decorateRunnable(Runnable body) {
        requireNonNull(body, "body");
        return () -> run(body::run);
    }

    /**
     * {@return a supplier with retries: each call of it is a run}
     *
     * @param body one attempt
     */
    public <T extends @Nullable Object> Supplier<T> decorateSupplier(Supplier<T> body) {
        requireNonNull(body, "body");
        return () -> call(body::get);
    }

    /**
     * {@return a function with retries: each call of it is a run}
     *
     * @param <A> the type of the argument
     * @param body one attempt
     */
    public <A extends @Nullable Object, T extends @Nullable Object> Function<A, T> decorateFunction(
            Function<A, T> body) {
        requireNonNull(body, "body");
        return argument -> call(() -> body.apply(argument));
    }

    /** {@return the policy: which failures, how long, when to give up} */
    public RetryPolicy getPolicy() {
        return retry.getPolicy();
    }

    /** {@return the {@code Retry} for Kotlin code, which also runs suspend functions and flows} */
    public Retry asRetry() {
        return retry;
    }

    @Override
    public String toString() {
        return "RetryRunner(" + getPolicy() + ")";
    }

    /** Builds a {@link RetryRunner} from the settings of {@link RetryOptions}. Not thread-safe. */
    public static final class Builder extends RetryOptions<Builder> {
        private @Nullable Executor executor;

        private Builder() {}

        /**
         * Runs the attempts of futures on {@code executor}; the first attempt of {@code callAsync}
         * runs on the calling thread. Default: daemon threads that do not keep the JVM alive.
         *
         * @param executor for example one of virtual threads; delays need no thread of it
         */
        public Builder executor(Executor executor) {
            this.executor = requireNonNull(executor, "executor");
            return this;
        }

        /**
         * Builds the runner. The builder can be changed afterwards; the runner stays unchanged.
         *
         * @return an immutable, thread-safe runner
         * @throws IllegalArgumentException if nothing limits its runs, or two settings contradict
         *     each other; the message says how to fix it
         */
        public RetryRunner build() {
            return new RetryRunner(buildRetry(), executor);
        }
    }
}
