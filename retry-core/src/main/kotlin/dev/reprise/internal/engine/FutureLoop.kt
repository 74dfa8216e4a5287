package dev.reprise.internal.engine

import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.util.CloseableBag
import dev.reprise.internal.util.closeQuietly
import dev.reprise.internal.util.peeled
import dev.reprise.run.RetryOutcome
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.atomic.AtomicBoolean
import java.util.function.BiFunction
import java.util.function.Supplier

/**
 * The loop of a future, and the future itself. Each step runs on the thread that ended the one before (the stage's, the timer's, a
 * stop's), each attempt but the first on the executor, so no thread waits and no stack grows.
 *
 * [ended] is set by whoever decides how the future ends: the run, or somebody who cancels or completes it from outside. Only that one
 * tells the last event.
 */
internal abstract class FutureLoop<T>(
    private val config: RunConfig,
    private val executor: Executor,
) : CompletableFuture<T>() {
    private val ended = AtomicBoolean()

    /** The run around this one is that of the thread which starts it, not of a thread that happens to end an attempt. */
    private val outer = RunContext.ofThread()
    private val run = if (config.isPlain) null else RunContext(outer, config)

    /** The attempt that is waited for or made. */
    @Volatile
    private var current: RunAttempt = if (run == null) config.plainFirst!! else config.start(run)

    /** What has to be let go when the run is cancelled: the timer, the running stage or body. */
    @Volatile
    private var pending: AutoCloseable? = null

    /** The turn that some thread is making. */
    @Volatile
    private var making: Turn? = null

    /** Makes [attempt] and sees to it that [turn] is told how it ends. */
    protected abstract fun perform(
        attempt: RunAttempt,
        turn: Turn,
    )

    /** Starts the first attempt on this thread. */
    fun runHere(): CompletableFuture<T> = apply { begin { Turn(it).startHere() } }

    /** Starts the first attempt on the executor. */
    fun runOnExecutor(): CompletableFuture<T> = apply { begin { Turn(it).start() } }

    private inline fun begin(start: (RunAttempt) -> Unit) {
        val attempt = current
        attempt.orBroken { if (attempt.isOver || attempt.hasDelay) proceed(attempt) else start(attempt) }
    }

    /** Whatever goes wrong in a step from one attempt to the next, the future completes. */
    private inline fun RunAttempt.orBroken(step: () -> Unit) =
        try {
            step()
        } catch (e: Throwable) {
            finish(broken(e))
        }

    private fun proceed(next: RunAttempt) {
        current = next
        when {
            next.isOver -> finish(next)
            next.hasDelay -> await(next.timed())
            else -> Turn(next).start()
        }
    }

    private fun await(attempt: RunAttempt) {
        current = attempt
        val awake = AtomicBoolean()
        val handles = CloseableBag()
        val wake = {
            if (awake.compareAndSet(false, true)) {
                handles.close()
                if (!ended.get()) attempt.orBroken { proceed(attempt.afterDelay()) }
            }
        }
        pending = handles
        handles += config.timer.schedule(attempt.verdict) { wake() }
        config.stops.forEach { handles += it.onTrigger { wake() } }
        if (ended.get()) handles.close()
    }

    private fun settle(
        attempt: RunAttempt,
        end: AttemptEnd<T>,
    ) {
        if (ended.get()) return discardLate(end)
        val next =
            when {
                run != null -> attempt.next(end)
                end is AttemptEnd.Threw -> attempt.failed(end.failure, outer)
                else -> null
            }
        if (next != null) proceed(next) else succeed(attempt, (end as AttemptEnd.Returned).value)
    }

    private fun succeed(
        attempt: RunAttempt,
        value: T,
    ) {
        if (!ended.compareAndSet(false, true)) return closeQuietly(value)
        attempt.notifySucceeded()
        super.complete(value)
    }

    private fun finish(over: RunAttempt) {
        if (!ended.compareAndSet(false, true)) return
        try {
            when (val outcome = over.complete<T>()) {
                is RetryOutcome.Success -> super.complete(outcome.value)
                is RetryOutcome.Failure -> super.completeExceptionally(outcome.failure)
            }
        } catch (e: Throwable) {
            super.completeExceptionally(e)
        }
    }

    private fun discardLate(end: AttemptEnd<T>) {
        if (end is AttemptEnd.Returned) closeQuietly(end.value)
    }

    override fun cancel(mayInterruptIfRunning: Boolean): Boolean = endFromOutside { super.cancel(mayInterruptIfRunning) } || isCancelled

    override fun complete(value: T): Boolean = endFromOutside { super.complete(value) }

    override fun completeExceptionally(failure: Throwable): Boolean = endFromOutside { super.completeExceptionally(failure) }

    /** As the JDK has it, but for what it does at the end: there it goes past [complete]. */
    override fun completeAsync(
        supplier: Supplier<out T>,
        executor: Executor,
    ): CompletableFuture<T> {
        executor.execute {
            try {
                if (!isDone) complete(supplier.get())
            } catch (e: Throwable) {
                completeExceptionally(e)
            }
        }
        return this
    }

    override fun obtrudeValue(value: T) {
        complete(value)
        super.obtrudeValue(value)
    }

    override fun obtrudeException(failure: Throwable) {
        completeExceptionally(failure)
        super.obtrudeException(failure)
    }

    private inline fun endFromOutside(end: () -> Boolean): Boolean {
        if (!ended.compareAndSet(false, true)) return false
        current.notifyCancelled()
        val ends = end()
        pending?.close()
        return ends
    }

    /** One attempt of this run; it ends once, by its body, by a cut, or with the run, whichever is first. */
    internal inner class Turn(
        private val attempt: RunAttempt,
    ) : AtomicBoolean(),
        BiFunction<T, Throwable?, Unit>,
        AutoCloseable {
        private var queue: PendingAttempt? = null

        /** Where it is being made, and what that thread was given to make meanwhile. */
        private var thread: Thread? = null
        private var following: Turn? = null

        @Volatile
        private var watches: AutoCloseable? = null

        @Volatile
        private var running: AutoCloseable? = null

        fun startHere() {
            watch()
            make()
        }

        /** Hands the attempt to the executor. Its queue is no refuge: limits end the attempt there, and a stop ends the wait for a thread. */
        fun start() {
            watch()
            if (config.stops.isNotEmpty()) queue = PendingAttempt(config.stops) { endBefore(PackedDecision.STOPPED) }
            try {
                executor.execute(::make)
            } catch (e: Throwable) {
                close()
                throw e
            }
        }

        private fun watch() {
            pending = this
            if (ended.get()) return close()
            if (run == null) return
            val limits = AttemptLimits(attempt)
            if (limits.isNone) return
            watches = limits.watch(config.timer) { by -> cut(limits, by) }
            if (get()) watches?.close()
        }

        /** What no thread has taken was never made: if an attempt failed before it, that failure says more than the end of the time. */
        private fun cut(
            limits: AttemptLimits,
            by: CancelCause,
        ) {
            val isTellingMore = making !== this && by == CancelCause.DEADLINE && attempt.history != null
            if (isTellingMore) endBefore(PackedDecision.DEADLINE) else end(limits.cut(by, null))
        }

        /** An executor that runs what it is given at once would nest turn in turn: the outer one makes them one after the other. */
        private fun make() {
            val around = making
            if (around?.thread === Thread.currentThread()) {
                around.following = this
                return
            }
            var turn: Turn? = this
            while (turn != null) turn = turn.makeOne()
        }

        private fun makeOne(): Turn? {
            making = this
            thread = Thread.currentThread()
            try {
                when {
                    queue?.leave() == false || get() -> Unit
                    config.isStopped -> endBefore(PackedDecision.STOPPED)
                    run == null -> perform(attempt, this)
                    else -> run.enter { perform(attempt, this) }
                }
            } catch (e: Throwable) {
                keepInterrupt(e)
                end(AttemptEnd.Threw(e))
            }
            thread = null
            return following
        }

        /** Ends the run before this attempt is made. */
        private fun endBefore(verdict: Long) {
            if (letGo()) finish(attempt.over(verdict))
        }

        /** Keeps what a cut or a cancellation has to end; false if one has come already. */
        fun holds(closeable: AutoCloseable): Boolean {
            running = closeable
            return !get()
        }

        override fun apply(
            value: T,
            failure: Throwable?,
        ) = end(if (failure == null) AttemptEnd.Returned(value) else AttemptEnd.Threw(failure.peeled()))

        fun end(end: AttemptEnd<T>) {
            if (!compareAndSet(false, true)) return discardLate(end)
            queue?.leave()
            watches?.close()
            if (end is AttemptEnd.Cut) running?.close()
            attempt.orBroken { settle(attempt, end) }
        }

        override fun close() {
            letGo()
        }

        /** False if it has ended already. */
        private fun letGo(): Boolean {
            if (!compareAndSet(false, true)) return false
            queue?.leave()
            watches?.close()
            running?.close()
            return true
        }
    }
}
