package dev.reprise.interop;

import static java.util.Objects.requireNonNull;

import dev.reprise.Retry;
import dev.reprise.interop.function.AttemptCallable;
import dev.reprise.interop.function.ThrowingCallable;
import dev.reprise.interop.function.ThrowingRunnable;
import dev.reprise.interop.internal.Runs;
import dev.reprise.run.RetryOutcome;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The runs of a {@link RetryRunner} that return a future. */
abstract sealed class AsyncRunner permits RetryRunner {
    final Retry retry;
    private final @Nullable Executor executor;

    AsyncRunner(Retry retry, @Nullable Executor executor) {
        this.retry = retry;
        this.executor = executor;
    }

    /**
     * Starts the first attempt on the calling thread and returns a future of the value with which
     * the stage of a successful attempt completes. Later attempts start on the executor.
     *
     * <p>The future always completes, whatever fails: the body, its stage, a null instead of a
     * stage, a rule, a listener, an executor that rejects. It completes with the failure itself.
     * Delays occupy no thread, and nothing here keeps the JVM alive.
     *
     * <p>Cancelling the future ends the delay, cancels the stage of the running attempt and starts
     * no further one. Cancel this future and not one derived from it ({@code thenApply} and
     * similar): a {@code CompletableFuture} does not pass a cancellation up.
     *
     * @param body starts one attempt
     */
    public <T extends @Nullable Object> CompletableFuture<T> callAsync(
            ThrowingCallable<? extends CompletionStage<T>, ?> body) {
        return startAsync(body, executor);
    }

    /**
     * Runs like {@link #callAsync(ThrowingCallable)} with later attempts on {@code executor}.
     *
     * @param body starts one attempt
     * @param executor for this run only
     */
    public <T extends @Nullable Object> CompletableFuture<T> callAsync(
            ThrowingCallable<? extends CompletionStage<T>, ?> body, Executor executor) {
        return startAsync(body, requireNonNull(executor, "executor"));
    }

    private <T extends @Nullable Object> CompletableFuture<T> startAsync(
            ThrowingCallable<? extends CompletionStage<T>, ?> body, @Nullable Executor executor) {
        requireNonNull(body, "body");
        return Runs.callAsync(retry, executor, body);
    }

    /**
     * Runs like {@link #callAsync(ThrowingCallable)} and passes the facts of the attempt to {@code
     * body}.
     *
     * @param body starts one attempt
     */
    public <T extends @Nullable Object> CompletableFuture<T> callAsyncWithAttempt(
            AttemptCallable<? extends CompletionStage<T>, ?> body) {
        return Runs.callAsync(retry, executor, requireNonNull(body, "body"));
    }

    /**
     * Runs like {@link #callAsync(ThrowingCallable)}; the future completes with how the run ended
     * as a value. It fails only if it is cancelled.
     *
     * @param body starts one attempt
     * @return a future of the result or the failure, and the number of attempts
     */
    public <T extends @Nullable Object> CompletableFuture<RetryOutcome<T>> outcomeAsync(
            ThrowingCallable<? extends CompletionStage<T>, ?> body) {
        return Runs.outcomeAsync(retry, executor, ofAttempt(body));
    }

    /**
     * Runs like {@link #outcomeAsync(ThrowingCallable)} with later attempts on {@code executor}.
     *
     * @param body starts one attempt
     * @param executor for this run only
     * @return a future of the result or the failure, and the number of attempts
     */
    public <T extends @Nullable Object> CompletableFuture<RetryOutcome<T>> outcomeAsync(
            ThrowingCallable<? extends CompletionStage<T>, ?> body, Executor executor) {
        return Runs.outcomeAsync(retry, requireNonNull(executor, "executor"), ofAttempt(body));
    }

    /**
     * Runs every attempt on the executor and returns a future of the result. Cancelling the future
     * interrupts a running body; otherwise as {@link #callAsync(ThrowingCallable)}.
     *
     * @param body one attempt, which can block
     */
    public <T extends @Nullable Object> CompletableFuture<T> supplyAsync(
            ThrowingCallable<T, ?> body) {
        return Runs.supplyAsync(retry, executor, ofAttempt(body));
    }

    /**
     * Runs like {@link #supplyAsync(ThrowingCallable)} with all attempts on {@code executor}.
     *
     * @param body one attempt, which can block
     * @param executor for this run only
     */
    public <T extends @Nullable Object> CompletableFuture<T> supplyAsync(
            ThrowingCallable<T, ?> body, Executor executor) {
        return Runs.supplyAsync(retry, requireNonNull(executor, "executor"), ofAttempt(body));
    }

    /**
     * Runs like {@link #supplyAsync(ThrowingCallable)} and passes the facts of the attempt to
     * {@code body}.
     *
     * @param body one attempt, which can block
     */
    public <T extends @Nullable Object> CompletableFuture<T> supplyAsyncWithAttempt(
            AttemptCallable<T, ?> body) {
        return Runs.supplyAsync(retry, executor, requireNonNull(body, "body"));
    }

    /**
     * Runs like {@link #supplyAsync(ThrowingCallable)}, for a body without a result.
     *
     * @param body one attempt, which can block
     * @return a future that completes when an attempt succeeds or the run gives up
     */
    public CompletableFuture<@Nullable Void> runAsync(ThrowingRunnable<?> body) {
        return Runs.<@Nullable Void>supplyAsync(retry, executor, nothing(body));
    }

    /**
     * Runs like {@link #runAsync(ThrowingRunnable)} with all attempts on {@code executor}.
     *
     * @param body one attempt, which can block
     * @param executor for this run only
     * @return a future that completes when an attempt succeeds or the run gives up
     */
    public CompletableFuture<@Nullable Void> runAsync(ThrowingRunnable<?> body, Executor executor) {
        return Runs.<@Nullable Void>supplyAsync(
                retry, requireNonNull(executor, "executor"), nothing(body));
    }

    static <T extends @Nullable Object, E extends Exception> AttemptCallable<T, E> ofAttempt(
            ThrowingCallable<T, E> body) {
        requireNonNull(body, "body");
        return attempt -> body.call();
    }

    @SuppressWarnings("NullAway") // Its plain mode does not see that the result is nullable.
    static <E extends Exception> AttemptCallable<@Nullable Void, E> nothing(
            ThrowingRunnable<E> body) {
        requireNonNull(body, "body");
        return attempt -> {
            body.run();
            return null;
        };
    }
}
