package dev.reprise.internal.engine

import dev.reprise.internal.util.CloseableBag
import dev.reprise.internal.util.closeQuietly
import dev.reprise.run.RetryOutcome
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.cancellation.CancellationException

/** What a future completes with: the value of a successful attempt and the failure of a run that gave up, or the outcome of both. */
internal enum class FutureForm { VALUE, OUTCOME }

/**
 * The loop of a future. Each step runs on the thread that ended the previous one (the stage's, the timer's, a stop's), each attempt but the
 * first on the executor, so no thread waits and no stack grows.
 *
 * [hasEnded] is set by the thread that decides how the future ends: one of the run, or one that cancels or completes it from outside. Only
 * that one sends the last event.
 */
internal abstract class FutureLoop<T>(
    val config: RunConfig,
    private val executor: Executor,
    private val form: FutureForm,
) {
    private val hasEnded = AtomicBoolean()
    private val future = RunFuture<Any?>(this)
    private val snapshot = ContextSnapshot.capture(config.carriers)

    /** The outer run is that of the thread which starts this one, not of a thread that happens to end an attempt. */
    private val outer = RunContext.ofThread()
    val run: RunContext? = if (config.isPlain) null else RunContext(outer, config)

    /** The attempt that is waited for or running. */
    @Volatile
    private var current: RunAttempt = if (run == null) checkNotNull(config.plainFirst) else config.start(run)

    /** What is released when the run is cancelled: the timer of a delay, or the attempt. */
    @Volatile
    private var pending: AutoCloseable? = null

    /** The attempt that some thread is starting. */
    @Volatile
    var starting: FutureAttempt<T>? = null

    val isOver: Boolean get() = hasEnded.get()

    /** Starts [attempt] and arranges that [end] receives how it ends. */
    abstract fun perform(
        attempt: RunAttempt,
        end: FutureAttempt<T>,
    )

    /** Starts the first attempt on this thread. */
    fun runHere(): CompletableFuture<Any?> = begin { FutureAttempt(this, it).startHere() }

    /** Starts the first attempt on the executor. */
    fun runOnExecutor(): CompletableFuture<Any?> = begin { FutureAttempt(this, it).start() }

    private inline fun begin(start: (RunAttempt) -> Unit): CompletableFuture<Any?> {
        val first = current
        if (first.isOver || first.hasDelay) proceed(first) else first.orBroken { start(first) }
        return future
    }

    /** Runs a task on the executor, in the context of the caller who started the run. */
    fun execute(task: Runnable): Unit = snapshot.around { executor.execute { snapshot.around(task::run) } }

    /** The future completes whatever fails before this attempt. */
    private inline fun RunAttempt.orBroken(step: () -> Unit) =
        try {
            step()
        } catch (e: Throwable) {
            finish(broken(e))
        }

    private fun proceed(next: RunAttempt) {
        current = next
        next.orBroken {
            when {
                next.isOver -> finish(next)
                next.hasDelay -> await(next.timed())
                else -> FutureAttempt(this, next).start()
            }
        }
    }

    private fun await(attempt: RunAttempt) {
        current = attempt
        val isAwake = AtomicBoolean()
        val handles = CloseableBag()
        val wake = {
            if (isAwake.compareAndSet(false, true)) {
                handles.close()
                if (!isOver) snapshot.around { proceed(attempt.afterDelay()) }
            }
        }
        pending = handles
        handles += config.timer.schedule(attempt.verdict) { wake() }
        config.stops.forEach { handles += it.onTrigger { wake() } }
        if (isOver) handles.close()
    }

    /** Makes [attempt] the one that is released when the run is cancelled; false if it already was. */
    fun holds(attempt: FutureAttempt<T>): Boolean {
        pending = attempt
        return !isOver
    }

    /** [attempt] has ended with [end]. Rules and listeners have the caller's context too, whichever thread brings the end. */
    fun settle(
        attempt: RunAttempt,
        end: AttemptEnd<T>,
    ): Unit = snapshot.around { settleHere(attempt, end) }

    private fun settleHere(
        attempt: RunAttempt,
        end: AttemptEnd<T>,
    ) {
        if (isOver) return discardLate(end)
        val next =
            try {
                if (run != null) attempt.next(end) else (end as? AttemptEnd.Threw)?.let { attempt.failed(it, outer) }
            } catch (e: CancellationException) {
                return leave(e)
            } catch (e: Throwable) {
                return finishHere(attempt.broken(e))
            }
        if (next != null) proceed(next) else succeed(attempt, (end as AttemptEnd.Returned).value)
    }

    private fun succeed(
        attempt: RunAttempt,
        value: T,
    ) {
        if (!tryEnd()) return closeQuietly(value)
        ending {
            try {
                attempt.notifySucceeded()
            } finally {
                future.succeed(if (form == FutureForm.VALUE) value else RetryOutcome.Success(value, attempt.number))
            }
        }
    }

    /** Completes the future with the end of the run, which is [over]. */
    fun finish(over: RunAttempt): Unit = snapshot.around { finishHere(over) }

    private fun finishHere(over: RunAttempt) {
        if (!tryEnd()) return
        ending {
            val outcome =
                try {
                    over.complete<T>(isSuspending = false)
                } catch (e: Throwable) {
                    return future.fail(e)
                }
            if (form == FutureForm.VALUE) outcome.fold(future::succeed, future::fail) else future.succeed(outcome)
        }
    }

    /** Lets the control flow of another library pass. */
    private fun leave(failure: CancellationException) {
        if (tryCancel()) ending { future.fail(failure) }
    }

    private inline fun ending(end: () -> Unit) =
        try {
            end()
        } finally {
            config.runEnded()
        }

    private fun tryEnd() = hasEnded.compareAndSet(false, true)

    /** Ends the run as cancelled; false if it has ended already. */
    fun tryCancel(): Boolean = tryEnd().also { if (it) snapshot.around { current.notifyCancelled() } }

    /** Ends what the cancelled run waits for: the delay, or the attempt. */
    fun releaseCancelled() {
        val pending = pending
        val hasStarted = pending is FutureAttempt<*> && pending.hasStarted
        closeQuietly(pending)
        if (!hasStarted) current.refund()
        config.runEnded()
    }

    fun discardLate(end: AttemptEnd<T>) {
        if (end is AttemptEnd.Returned) closeQuietly(end.value)
    }
}
