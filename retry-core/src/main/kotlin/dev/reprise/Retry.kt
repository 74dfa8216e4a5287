package dev.reprise

import dev.reprise.internal.engine.BlockingLoop
import dev.reprise.internal.engine.RunConfig
import dev.reprise.internal.engine.StageLoop
import dev.reprise.internal.engine.SuspendLoop
import dev.reprise.internal.engine.ValueLoop
import dev.reprise.run.Attempt
import dev.reprise.run.RetryOutcome
import dev.reprise.run.RetryTimer
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor

/**
 * A [RetryPolicy] and what is alive around it: stop signals, budgets, listeners, time, randomness. Immutable, reusable, safe for any
 * number of concurrent runs; the state of a run lives in the run. Built with `retry { }`.
 *
 * Four runners share one state machine: [invoke] and [outcome] suspend, [callBlocking] blocks the thread, [callAsync] returns a
 * future, and `Flow<T>.retry(…)` collects again.
 */
public class Retry internal constructor(
    /** The pure part: which failures, how long, when to give up. */
    public val policy: RetryPolicy,
    internal val config: RunConfig,
) {
    /** The name in events, logs and metrics; null if none was set. */
    public val name: String? get() = config.name

    /** ABI, compiled into callers of [invoke]: the first attempt of a run that nothing watches, otherwise null. */
    @PublishedApi
    internal fun begin(): Attempt? = config.plainFirst

    /** ABI, compiled into callers of [invoke]: decides, notifies, waits, checks stops; returns the next attempt or throws the end of the run. */
    @PublishedApi
    internal suspend fun failed(
        attempt: Attempt,
        failure: Throwable,
    ): Attempt = SuspendLoop.afterFailure(attempt, failure)

    /**
     * Calls [body] until it returns a value that the policy accepts, and returns that value. When the policy gives up, throws the last
     * failure unchanged (or the first, `rethrow(FIRST)`), with a [RetryReport][dev.reprise.run.RetryReport] suppressed in it.
     *
     * Delays suspend. If the caller's own coroutine is cancelled, the `CancellationException` leaves at once, from an attempt and from a
     * delay; this is checked after every attempt, so a loop without delays and without suspensions ends too. A `withTimeout` inside
     * [body] is a failure like any other, and so is the cancellation of another coroutine's `Deferred`. [body] has always ended when this
     * returns.
     *
     * A stop signal ends a delay; a running attempt can finish (see `stopWhen`).
     *
     * [body] is compiled into the call site, and so are calls of [begin] and [failed]; nothing else of this function is binary interface.
     *
     * @throws RetryStoppedException if a stop was triggered before the first attempt ended.
     * @throws dev.reprise.policy.RetryExhaustedException if the last attempt returned a rejected result, without `returnLastResult()`.
     */
    public suspend inline operator fun <T> invoke(crossinline body: suspend Attempt.() -> T): T {
        // What is alive while the body runs is written to the caller's coroutine at every call: no more than the attempt.
        var attempt = begin() ?: return outcome { body() }.getOrThrow()
        while (true) {
            val failure =
                try {
                    return attempt.body()
                } catch (e: Throwable) {
                    e
                }
            attempt = failed(attempt, failure)
        }
    }

    /** Runs like [invoke] and returns how the run ended as a value; throws nothing but the cancellation of the caller. */
    public suspend fun <T> outcome(body: suspend Attempt.() -> T): RetryOutcome<T> = SuspendLoop.outcome(config, body)

    /**
     * Runs [body] on the calling thread and sleeps between the attempts. Not built on coroutines.
     *
     * An interrupt always ends the run: a body that throws because of it is not retried and its exception leaves unchanged; an interrupted
     * delay ends with `InterruptedException`, the last failure suppressed in it. The interrupt flag is set afterwards in both cases.
     * `attemptTimeout`, `maxDuration` and the grace of a stop cancel a running body by interrupting the thread; that interrupt is cleared, one
     * from outside that was pending before it is not. (One that comes after it cannot be told from it.)
     *
     * @throws InterruptedException if the thread is interrupted while waiting.
     */
    public fun <T> callBlocking(body: Attempt.() -> T): T = BlockingLoop.run(config, body)

    /**
     * Runs like [callBlocking] and returns how the run ended as a value.
     *
     * @throws InterruptedException if the thread is interrupted while waiting; nothing else is thrown.
     */
    public fun <T> outcomeBlocking(body: Attempt.() -> T): RetryOutcome<T> = BlockingLoop.outcome(config, body)

    /**
     * Starts [body] now, on the calling thread, and returns a future of the value that the stage of a successful attempt completes with.
     * Later attempts start on [executor].
     *
     * The future always completes, whatever fails: the body, its stage, a rule, a listener, the executor. It completes with the failure
     * itself. Cancelling it ends the delay, cancels the stage of the running attempt and starts no further one; cancelling a future derived
     * from it does not, because a `CompletableFuture` does not pass a cancellation up.
     */
    public fun <T> callAsync(
        executor: Executor = config.timer.executor(),
        body: Attempt.() -> CompletionStage<T>,
    ): CompletableFuture<T> = StageLoop.run(config, executor, body)

    /**
     * Like [callAsync] for a [body] that returns a plain value: every attempt runs on [executor]. Cancelling the future interrupts the
     * body.
     */
    public fun <T> supplyAsync(
        executor: Executor = config.timer.executor(),
        body: Attempt.() -> T,
    ): CompletableFuture<T> = ValueLoop(config, executor, body).runOnExecutor()

    override fun toString(): String = name?.let { "Retry($it: $policy)" } ?: "Retry($policy)"
}
