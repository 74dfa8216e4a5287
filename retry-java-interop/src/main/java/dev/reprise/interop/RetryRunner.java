package dev.reprise.interop;

import dev.reprise.Retry;
import dev.reprise.RetryPolicy;
import dev.reprise.policy.Explanation;
import dev.reprise.run.RetryTimer;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls something again until it succeeds or it is time to give up.
 *
 * <pre>{@code
 * Retries reconnect = Retries.builder()
 *         .every(Duration.ofSeconds(60)).on(ConnectException.class).stopWhen(stop).build();
 * Socket socket = reconnect.call(() -> connect(host));
 * CompletableFuture<Socket> later = reconnect.callAsync(() -> connectAsync(host));
 * }</pre>
 *
 * <p>Immutable and thread-safe: one object serves any number of runs at a time. When a run gives
 * up, its last failure is thrown as it was thrown, with a {@link Report}: {@link Report#of}. {@code
 * attemptTimeout}, {@code within} and the grace of a stop cut a blocking body by interrupting its
 * thread and a stage by cancelling it.
 */
public final class RetryRunner {
    private final Retry retry;
    private final Executor executor;

    RetryRunner(Retry retry, Executor executor) {
        this.retry = retry;
        this.executor = executor;
    }

    /**
     * Starts to tell what is retried, how long to wait and when to give up.
     *
     * @return a new builder
     */
    public static RetriesBuilder builder() {
        return new RetriesBuilder();
    }

    /**
     * Takes retries that were built in Kotlin.
     *
     * @param retry built with {@code retry { }}
     * @return the same for Java callers
     */
    public static RetryRunner of(Retry retry) {
        return new RetryRunner(Objects.requireNonNull(retry, "retry"), RetryTimer.getWorkers());
    }

    /**
     * Takes a policy, with nothing alive around it.
     *
     * @param policy which failures, how long, when to give up
     * @return retries by that policy
     */
    public static RetryRunner of(RetryPolicy policy) {
        return of(Bridge.ofPolicy(Objects.requireNonNull(policy, "policy")));
    }

    /**
     * Runs {@code body} on this thread, which sleeps between the attempts.
     *
     * <p>An interrupted thread is never kept: a body that throws because of it is not retried, and
     * what it threw leaves as it is; a wait that is interrupted ends with {@code
     * InterruptedException}, the last failure suppressed in it. The interrupt flag is set
     * afterwards in both cases.
     *
     * @param <T> the type of the result
     * @param body one attempt
     * @return what the first attempt that succeeded returned
     * @throws Exception what the last attempt threw, unwrapped; {@code InterruptedException};
     *     {@code RetryExhaustedException} if the last result was rejected; {@code
     *     RetryStoppedException} if a stop was given before an attempt ended
     */
    public <T extends @Nullable Object> T call(Callable<T> body) throws Exception {
        return Bridge.call(retry, body);
    }

    /**
     * Runs like {@link #call(Callable)} and tells {@code body} which attempt it makes.
     *
     * @param <T> the type of the result
     * @param body one attempt
     * @return what the first attempt that succeeded returned
     * @throws Exception as for {@link #call(Callable)}
     */
    public <T extends @Nullable Object> T call(AttemptCallable<T> body) throws Exception {
        return Bridge.call(retry, body);
    }

    /**
     * Runs like {@link #call(Callable)}, for a body without a result.
     *
     * @param body one attempt
     * @throws Exception as for {@link #call(Callable)}
     */
    public void run(ThrowingRunnable body) throws Exception {
        Objects.requireNonNull(body, "body");
        Bridge.<@Nullable Object>call(retry, () -> nothing(body));
    }

    /**
     * Runs like {@link #call(Callable)} and returns how it ended as a value.
     *
     * @param <T> the type of the result
     * @param body one attempt
     * @return the result or the failure, and how many attempts it took
     * @throws InterruptedException if the thread is interrupted while waiting; nothing else is
     *     thrown
     */
    public <T extends @Nullable Object> Outcome<T> outcome(Callable<T> body)
            throws InterruptedException {
        return Bridge.outcome(retry, body);
    }

    /**
     * Makes the first attempt now, on this thread, and returns a future of what the stage of a
     * successful attempt yields. Later attempts start on the executor.
     *
     * <p>The future always completes, whatever fails: the supplier, its stage, a null in the place
     * of a stage, a rule, a listener, an executor that rejects. It completes with the failure
     * itself. Waits hold no thread, and nothing here keeps the JVM alive.
     *
     * <p>Cancelling the future ends the wait, cancels the stage of the running attempt and makes no
     * further one. Keep the future itself for that: a stage derived from it ({@code thenApply} and
     * its kin) does not pass a cancellation up.
     *
     * @param <T> the type of the result
     * @param body starts one attempt
     * @return the result to come
     */
    public <T extends @Nullable Object> CompletableFuture<T> callAsync(
            Supplier<? extends CompletionStage<T>> body) {
        return Bridge.callAsync(retry, executor, body::get);
    }

    /**
     * Runs like {@link #callAsync(Supplier)} and tells {@code body} which attempt it makes.
     *
     * @param <T> the type of the result
     * @param body starts one attempt
     * @return the result to come
     */
    public <T extends @Nullable Object> CompletableFuture<T> callAsync(
            Function<? super AttemptInfo, ? extends CompletionStage<T>> body) {
        return Bridge.callAsync(retry, executor, body::apply);
    }

    /**
     * Makes every attempt on the executor and returns a future of the result. Cancelling it, with
     * {@code true} or {@code false}, interrupts a running body; else as {@link
     * #callAsync(Supplier)}.
     *
     * @param <T> the type of the result
     * @param body one attempt, which may block
     * @return the result to come
     */
    public <T extends @Nullable Object> CompletableFuture<T> supplyAsync(Callable<T> body) {
        return Bridge.supplyAsync(retry, executor, body);
    }

    /**
     * Runs like {@link #supplyAsync(Callable)} and tells {@code body} which attempt it makes.
     *
     * @param <T> the type of the result
     * @param body one attempt, which may block
     * @return the result to come
     */
    public <T extends @Nullable Object> CompletableFuture<T> supplyAsync(AttemptCallable<T> body) {
        return Bridge.supplyAsync(retry, executor, body);
    }

    /**
     * Runs like {@link #supplyAsync(Callable)}, for a body without a result.
     *
     * @param body one attempt, which may block
     * @return a future that completes when an attempt has succeeded or the run gave up
     */
    public CompletableFuture<@Nullable Void> runAsync(ThrowingRunnable body) {
        Objects.requireNonNull(body, "body");
        return Bridge.<@Nullable Void>supplyAsync(retry, executor, () -> nothing(body));
    }

    /**
     * The pure part of these retries.
     *
     * @return which failures, how long, when to give up
     */
    public RetryPolicy policy() {
        return retry.getPolicy();
    }

    /**
     * Plays a run in which every attempt fails at once: no clock, no waiting.
     *
     * @param seed the same seed gives the same jitter
     * @param retries how far to look
     * @return the waits and the end there would be
     * @throws IllegalArgumentException if {@code retries} is negative
     */
    public Simulated simulate(long seed, int retries) {
        return Views.simulated(policy(), seed, retries);
    }

    /**
     * Says in words what these retries do, and points at what looks like a mistake.
     *
     * @return a text for people and the list of what looks wrong
     */
    public Explanation explain() {
        return policy().explain();
    }

    /**
     * Hands these retries to Kotlin code.
     *
     * @return the same, to be run on suspend functions and flows too
     */
    public Retry asRetry() {
        return retry;
    }

    @Override
    public String toString() {
        return "Retries(" + policy() + ")";
    }

    private static @Nullable Void nothing(ThrowingRunnable body) throws Exception {
        body.run();
        return null;
    }
}
