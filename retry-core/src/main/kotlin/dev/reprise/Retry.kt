package dev.reprise

import dev.reprise.internal.engine.BlockingLoop
import dev.reprise.internal.engine.RunConfig
import dev.reprise.internal.engine.StageLoop
import dev.reprise.internal.engine.SuspendLoop
import dev.reprise.internal.engine.ValueLoop
import dev.reprise.internal.engine.judgedBy
import dev.reprise.internal.policy.Judge
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
    private val ownPolicy: RetryPolicy,
    internal val config: RunConfig,
) {
    /** The pure part: which failures, how long, when to give up. For a retry of [NamedPolicies]: what a run that starts now has. */
    public val policy: RetryPolicy get() = config.source?.let { RetryPolicy(it.current) } ?: ownPolicy

    /** The name that events of its runs carry; null if it has none. */
    public val name: String? get() = config.name

    /** ABI, compiled into callers of [invoke]: the first attempt of a run that nothing watches, otherwise null. */
    @PublishedApi
    internal fun begin(): Attempt? = config.plainFirst ?: config.current().plainFirst

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
     * Delays suspend. If the caller's own coroutine is cancelled, the `CancellationException` is thrown immediately, from an attempt and
     * from a delay; this is checked after every attempt, so a loop without delays and without suspensions ends too. A `withTimeout` inside
     * [body] is a failure like any other. [body] has always ended when this returns.
     *
     * The cancellation of another job, as that of a `Deferred` that [body] awaits, is not retried unless a rule names it, and is thrown as
     * `ForeignCancellationException`. A subclass of `CancellationException` by which another library leaves its own scope (Arrow's `raise`)
     * passes unchanged, also through [outcome], unless a rule names it.
     *
     * A stop signal ends a delay; a running attempt can finish (see `stopWhen`).
     *
     * [body] is compiled into the call site, and so are calls of [begin] and [failed]; nothing else of this function is binary interface.
     *
     * @throws dev.reprise.run.RetryStoppedException if a stop was triggered before the first attempt ended.
     * @throws dev.reprise.run.ForeignCancellationException if [body] ends with the cancellation of another job.
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
    public suspend fun <T> outcome(body: suspend Attempt.() -> T): RetryOutcome<T> = SuspendLoop.outcome(config.current(), body)

    /**
     * Runs [body] on the calling thread and sleeps between the attempts. Not built on coroutines.
     *
     * An interrupt always ends the run: a body that throws because of it is not retried and its exception is thrown unchanged; an
     * interrupted delay ends with `InterruptedException`, the last failure suppressed in it. The interrupt flag is set afterwards in both
     * cases. `attemptTimeout`, `maxDuration` and the grace of a stop cancel a running body by interrupting the thread; that interrupt is
     * cleared, one from outside that was pending before it is not. (One that comes later cannot be distinguished from it.)
     *
     * The cancellation of another future or job is not retried unless a rule names it, and is thrown unchanged.
     *
     * @throws InterruptedException if the thread is interrupted before an attempt or during a delay.
     */
    public fun <T> callBlocking(body: Attempt.() -> T): T = BlockingLoop.run(config.current(), body)

    /**
     * Runs like [callBlocking] and returns how the run ended as a value.
     *
     * @throws InterruptedException if the thread is interrupted before an attempt or during a delay. Apart from it, only the control flow of
     * other libraries is thrown, see [invoke].
     */
    public fun <T> outcomeBlocking(body: Attempt.() -> T): RetryOutcome<T> = BlockingLoop.outcome(config.current(), body)

    /**
     * Starts [body] now, on the calling thread, and returns a future of the value that the stage of a successful attempt completes with.
     * Later attempts start on [executor].
     *
     * The future completes, whatever throws: the body, its stage, a rule, a listener, an executor that rejects. It completes with the failure
     * itself. An executor that silently drops an accepted task (`shutdownNow`, a discarding policy) cannot be detected: then only a stop,
     * the end of `maxDuration` or a cancellation completes it.
     *
     * Cancelling the future ends the delay, cancels the stage of the running attempt and starts no further one; cancelling a future derived
     * from it does not, because a `CompletableFuture` does not pass a cancellation up.
     *
     * Attempts do not overlap: an attempt that is cancelled at a limit ends when its stage completes, and a value that it completes with
     * still counts. What a cancelled stage leaves running is not visible here; a `CompletableFuture` completes when it is cancelled,
     * whether or not its computation has ended. To give up on an attempt that does not end, cancel the future or use `orTimeout`.
     *
     * To have the context of the caller in every attempt, install a [ContextCarrier][dev.reprise.run.ContextCarrier].
     */
    public fun <T> callAsync(
        executor: Executor = config.timer.executor(),
        body: Attempt.() -> CompletionStage<T>,
    ): CompletableFuture<T> = StageLoop.run(config.current(), executor, body)

    /** Runs like [callAsync]; the future completes with how the run ended as a value. */
    public fun <T> outcomeAsync(
        executor: Executor = config.timer.executor(),
        body: Attempt.() -> CompletionStage<T>,
    ): CompletableFuture<RetryOutcome<T>> = StageLoop.outcome(config.current(), executor, body)

    /**
     * Returns this retry with further settings: `orders.with { listener(log) }`. Stops, budgets and listeners are added, other settings
     * replace those of this retry. The policy stays.
     *
     * @throws IllegalArgumentException if [settings] change the policy or contradict each other.
     */
    @JvmSynthetic
    public fun with(settings: RetryBuilder.() -> RetryBuilder): Retry =
        RetryBuilder()
            .apply { copy(config) }
            .settings()
            .build()

    /**
     * Like [callAsync] for a [body] that returns a plain value: every attempt runs on [executor]. Cancelling the future interrupts the
     * body. `attemptTimeout`, `maxDuration` and the grace of a stop interrupt it too; the attempt ends when the body has ended, unless
     * `abandonTimedOutBodies()` is set. The timeout of an attempt starts when a thread starts its body.
     */
    public fun <T> supplyAsync(
        executor: Executor = config.timer.executor(),
        body: Attempt.() -> T,
    ): CompletableFuture<T> = ValueLoop.run(config.current(), executor, body)

    /** This retry for attempts that [judge] judges before its policy does; with [returnsLast] a run that gives up on a result returns it. */
    internal fun judgedBy(
        judge: Judge,
        returnsLast: Boolean,
    ): Retry = config.judgedBy(judge, returnsLast).let { Retry(RetryPolicy(it.policy), it) }

    override fun toString(): String = name?.let { "Retry($it: $policy)" } ?: "Retry($policy)"
}
