package dev.reprise.engine

import dev.reprise.policy.Verdict
import dev.reprise.policy.peeled
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import java.util.concurrent.atomic.AtomicBoolean
import java.util.function.BiFunction

/**
 * The loop of a future, and the future itself. Each step runs on the thread that ended the one before (the stage's, the timer's, a
 * stop's), each attempt but the first on the executor, so no thread waits and no stack grows.
 *
 * [ended] is set by whoever decides how the future ends: the run, or somebody who cancels or completes it from outside. Only that one
 * tells the last event.
 */
internal abstract class FutureRunner<T>(
    private val retry: Retry,
    private val executor: Executor,
) : CompletableFuture<T>() {
    private val ended = AtomicBoolean()
    private val scope = if (retry.isPlain) null else RunScope(RunScope.ofThread(), retry.nested)

    /** The attempt that is waited for or made. */
    @Volatile
    private var current: Attempt = retry.first ?: retry.begin()

    /** What has to be let go when the run is cancelled: the timer, the running stage or body. */
    @Volatile
    private var pending: AutoCloseable? = null

    /** Makes [attempt] and sees to it that [turn] is told how it ends. */
    protected abstract fun perform(
        attempt: Attempt,
        turn: Turn,
    )

    /** Starts the first attempt on this thread. */
    fun runHere(): CompletableFuture<T> = apply { begin { make(it) } }

    /** Starts the first attempt on the executor. */
    fun runOnExecutor(): CompletableFuture<T> = apply { begin(::submit) }

    private inline fun begin(start: (Attempt) -> Unit) {
        val attempt = current
        if (attempt.isOver || attempt.hasWait) proceed(attempt) else start(attempt)
    }

    private fun proceed(next: Attempt) {
        current = next
        when {
            next.isOver -> finish(next)
            next.hasWait -> await(next.timed())
            else -> submit(next)
        }
    }

    private fun await(attempt: Attempt) {
        current = attempt
        val awake = AtomicBoolean()
        val handles = Handles()
        val wake = {
            if (awake.compareAndSet(false, true)) {
                handles.close()
                if (!isDone) attempt.arrive().let { if (it.isOver) finish(it) else submit(it) }
            }
        }
        holding(handles)
        handles += retry.timer.schedule(attempt.verdict) { wake() }
        retry.stops.forEach { handles += it.onGiven { wake() } }
    }

    private fun submit(attempt: Attempt) {
        current = attempt
        try {
            executor.execute { make(attempt) }
        } catch (e: Throwable) {
            finish(attempt.broken(e))
        }
    }

    private fun make(attempt: Attempt) {
        if (isDone) return
        val turn = Turn(attempt)
        try {
            turn.watch()
            if (scope == null) perform(attempt, turn) else scope.enter { perform(attempt, turn) }
        } catch (e: Throwable) {
            turn.end(AttemptEnd.Threw(e))
        }
    }

    private fun settle(
        attempt: Attempt,
        end: AttemptEnd<T>,
        stamp: Long,
    ) {
        if (isDone) return lateEnd(end)
        val next =
            when {
                scope != null -> attempt.next(end, scope)
                end is AttemptEnd.Threw -> attempt.failedPlain(end.failure, stamp, RunScope.ofThread())
                else -> null
            }
        if (next != null) proceed(next) else succeed(attempt, (end as AttemptEnd.Returned).value)
    }

    private fun succeed(
        attempt: Attempt,
        value: T,
    ) {
        if (!ended.compareAndSet(false, true)) return discard(value)
        attempt.tellSuccess()
        super.complete(value)
    }

    private fun finish(over: Attempt) {
        if (!ended.compareAndSet(false, true)) return
        when (val outcome = over.conclude<T>()) {
            is RetryOutcome.Success -> super.complete(outcome.value)
            is RetryOutcome.Failure -> super.completeExceptionally(outcome.failure)
        }
    }

    private fun lateEnd(end: AttemptEnd<T>) {
        if (end is AttemptEnd.Returned) discard(end.value)
    }

    override fun cancel(mayInterruptIfRunning: Boolean): Boolean = endFromOutside { super.cancel(mayInterruptIfRunning) } || isCancelled

    override fun complete(value: T): Boolean = endFromOutside { super.complete(value) }

    override fun completeExceptionally(failure: Throwable): Boolean = endFromOutside { super.completeExceptionally(failure) }

    private inline fun endFromOutside(end: () -> Boolean): Boolean {
        if (!ended.compareAndSet(false, true)) return false
        current.tellCancelled()
        val ends = end()
        pending?.close()
        return ends
    }

    /** Keeps what is to be let go on cancellation; lets it go now if that has happened meanwhile. */
    protected fun holding(closeable: AutoCloseable) {
        pending = closeable
        if (ended.get()) closeable.close()
    }

    /** One attempt of this run; it ends once, by its body or by a cut, whichever is first. */
    internal inner class Turn(
        private val attempt: Attempt,
    ) : AtomicBoolean(),
        BiFunction<T, Throwable?, Unit> {
        private val stamp = RetryReport.stamp()
        private var watches: AutoCloseable? = null

        /** What a cut has to end. */
        @Volatile
        var running: AutoCloseable? = null

        fun watch() {
            if (scope == null) return
            val limits = CutLimits(attempt)
            if (!limits.isNone) watches = limits.watch(retry.timer) { by -> if (end(limits.cut(by, null))) running?.close() }
        }

        override fun apply(
            value: T,
            failure: Throwable?,
        ) {
            end(if (failure == null) AttemptEnd.Returned(value) else AttemptEnd.Threw(failure.peeled()))
        }

        fun end(end: AttemptEnd<T>): Boolean {
            if (!compareAndSet(false, true)) {
                lateEnd(end)
                return false
            }
            watches?.close()
            try {
                settle(attempt, end, stamp)
            } catch (e: Throwable) {
                finish(attempt.broken(e))
            }
            return true
        }
    }

    companion object {
        fun <T> ofStages(
            retry: Retry,
            executor: Executor,
            body: Attempt.() -> CompletionStage<T>?,
        ): FutureRunner<T> = StageRunner(retry, executor, body)

        fun <T> ofValues(
            retry: Retry,
            executor: Executor,
            body: Attempt.() -> T,
        ): FutureRunner<T> = ValueRunner(retry, executor, body)
    }
}

private class StageRunner<T>(
    retry: Retry,
    executor: Executor,
    private val body: Attempt.() -> CompletionStage<T>?,
) : FutureRunner<T>(retry, executor) {
    override fun perform(
        attempt: Attempt,
        turn: FutureRunner<T>.Turn,
    ) {
        val stage =
            attempt.body() ?: throw NullPointerException("attempt ${attempt.number} returned null; the body must return a CompletionStage")
        if (stage is CompletableFuture<T> && stage.isDone && !stage.isCompletedExceptionally) return turn.apply(stage.join(), null)
        val cancel = AutoCloseable { stage.toCompletableFuture().cancel(true) }
        turn.running = cancel
        holding(cancel)
        // Not whenComplete: its stage would be completed by a new CompletionException, with a stack trace, for nobody to see.
        stage.handle(turn)
    }
}

private class ValueRunner<T>(
    retry: Retry,
    executor: Executor,
    private val body: Attempt.() -> T,
) : FutureRunner<T>(retry, executor) {
    override fun perform(
        attempt: Attempt,
        turn: FutureRunner<T>.Turn,
    ) {
        val guard = InterruptGuard()
        turn.running = guard
        holding(guard)
        turn.end(guard.run { attempt.body() })
    }
}
