package dev.reprise

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.engine.BlockingLoop
import dev.reprise.internal.engine.StageLoop
import dev.reprise.internal.engine.StopCondition
import dev.reprise.internal.engine.SuspendLoop
import dev.reprise.internal.engine.ValueLoop
import dev.reprise.internal.engine.arrive
import dev.reprise.internal.engine.awaitAny
import dev.reprise.internal.engine.next
import dev.reprise.internal.util.RunClock
import dev.reprise.internal.util.aside
import dev.reprise.run.Attempt
import dev.reprise.run.BriefAttempt
import dev.reprise.run.NestedRetries
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import dev.reprise.run.RetryOutcome
import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CoroutineScope
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import kotlin.random.Random
import kotlin.time.TimeSource

/**
 * A [RetryPolicy] and what is alive around it: stop signals, budgets, listeners, time, chance. Immutable, reusable, safe for any number
 * of runs at a time; the state of a run lives in the run. Built with `retry { }`.
 *
 * Four runners share one decision machine: [invoke] and [outcome] suspend, [callBlocking] blocks the thread, [callAsync] returns a
 * future, and `Flow<T>.retry(…)` collects again.
 */
public class Retry internal constructor(
    /** The pure part: which failures, how long, when to give up. */
    public val policy: RetryPolicy,
    internal val stops: List<StopCondition>,
    internal val budgets: List<RetryBudget>,
    internal val listeners: List<RetryListener>,
    internal val nested: NestedRetries,
    internal val random: Random,
    timeSource: TimeSource,
    internal val timer: RetryTimer,
) {
    /** The decisions of [policy], without its wrapper. */
    internal val logic = policy.logic
    internal val clock = RunClock(timeSource)
    internal val isHeard: Boolean = listeners.isNotEmpty()

    /** True if nothing has to be known, watched or told before the first attempt has failed: then it costs nothing. */
    internal val isPlain: Boolean =
        stops.isEmpty() && budgets.isEmpty() && !isHeard && nested == NestedRetries.Count && !logic.judgesResults && !logic.hasDeadline &&
            logic.initialDelayNanos == 0L && logic.attemptTimeoutNanos >= LONGEST_WAIT

    /** The first attempt of every plain run: the same facts, so the same object. Null if runs are not plain. */
    @PublishedApi
    internal val first: Attempt? = if (isPlain) BriefAttempt(this, 1, null) else null

    /** Returns when a stop is given. */
    internal val untilStopped: suspend CoroutineScope.() -> Any? = { stops.awaitAny() }

    internal val isStopped: Boolean get() = stops.any { it.isGiven }

    /**
     * Calls [body] until it returns a value that the policy accepts, and returns that; when the policy gives up, throws the last
     * failure as it was thrown (or the first, `rethrow(First)`), with a [RetryReport][dev.reprise.run.RetryReport] suppressed in it.
     *
     * Waiting suspends. If the caller's own coroutine is cancelled, the `CancellationException` leaves at once, from an attempt as from
     * a wait; this is looked at after every attempt, so a loop without waits and without suspensions ends too. A `withTimeout` inside
     * [body], or the cancellation of somebody else's `Deferred`, is a failure like any other.
     *
     * A stop signal ends a wait; a running attempt may finish (see `stopWhen`). [body] is never running any more when this returns.
     *
     * @throws RetryStoppedException if a stop was given before the first attempt ended.
     * @throws dev.reprise.policy.RetryExhaustedException if the last attempt returned a rejected result, unless `orLast()` says to
     * return it.
     */
    public suspend inline operator fun <T> invoke(crossinline body: suspend Attempt.() -> T): T {
        // What is alive while the body runs is written to the caller's coroutine at every call: no more than the attempt and the stamp.
        var attempt = first ?: return SuspendLoop.run(this) { body() }
        var stamp = SuspendLoop.stamp()
        while (true) {
            val failure =
                try {
                    return attempt.body()
                } catch (e: Throwable) {
                    e
                }
            attempt = SuspendLoop.next(attempt, failure, stamp)
            if (attempt.hasWait) {
                SuspendLoop.pause(attempt)
                attempt = SuspendLoop.arrive(attempt)
            }
            stamp = SuspendLoop.stamp()
        }
    }

    /** Runs like [invoke] and returns how it ended as a value; throws nothing but the cancellation of the caller. */
    public suspend fun <T> outcome(body: suspend Attempt.() -> T): RetryOutcome<T> = SuspendLoop.outcome(this, body)

    /**
     * Runs [body] on the calling thread and sleeps between the attempts. Not built on coroutines.
     *
     * An interrupted thread is never kept: a body that throws because of it is not retried and what it threw leaves as it is; a wait
     * that is interrupted ends with `InterruptedException`, the last failure suppressed in it. The interrupt flag is set afterwards in
     * both cases. `attemptTimeout`, `within` and the grace of a stop cut a running body by interrupting the thread; that interrupt is
     * taken back, one from outside that was pending before it is not. (One that comes after it cannot be told from it.)
     *
     * @throws InterruptedException if the thread is interrupted while waiting.
     */
    public fun <T> callBlocking(body: Attempt.() -> T): T = BlockingLoop.run(this, body)

    /**
     * Runs like [callBlocking] and returns how it ended as a value.
     *
     * @throws InterruptedException if the thread is interrupted while waiting; nothing else is thrown.
     */
    public fun <T> outcomeBlocking(body: Attempt.() -> T): RetryOutcome<T> = BlockingLoop.watched(this, body)

    /**
     * Starts [body] now, on the calling thread, and returns a future of what the stage of a successful attempt yields. Later attempts
     * start on [executor].
     *
     * The future always completes, whatever fails: the body, its stage, a rule, a listener, the executor. It completes with the failure
     * itself. Cancelling it ends the wait, cancels the stage of the running attempt and makes no further one; futures derived from it
     * cannot do that, because a `CompletableFuture` does not pass a cancellation up.
     */
    public fun <T> callAsync(
        executor: Executor = RetryTimer.workers,
        body: Attempt.() -> CompletionStage<T>,
    ): CompletableFuture<T> = StageLoop.run(this, executor, body)

    /**
     * Like [callAsync] for a [body] that returns a plain value: every attempt runs on [executor]. Cancelling the future interrupts the
     * body.
     */
    public fun <T> supplyAsync(
        executor: Executor = RetryTimer.workers,
        body: Attempt.() -> T,
    ): CompletableFuture<T> = ValueLoop(this, executor, body).runOnExecutor()

    internal fun tell(event: RetryEvent) {
        listeners.forEach { listener ->
            aside({ "the listener ${listener.javaClass.name}, told of attempt ${event.number}," }) { listener.onEvent(event) }
        }
    }

    internal fun whyStopped(): String =
        stops
            .firstOrNull { it.isGiven }
            ?.signal
            ?.reason
            ?.let { "stopped ($it)" } ?: "stopped"

    override fun toString(): String = "Retry($policy)"
}
