package dev.reprise.internal.engine

import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.util.CloseableBag
import dev.reprise.internal.util.peeled
import java.util.concurrent.atomic.AtomicInteger
import java.util.function.BiFunction

/**
 * One attempt of a run with a future. It ends once: in the queue of the executor, with its body, or with the run. A body that is cancelled
 * at a limit ends the attempt when it ends itself, so that two bodies of a run never overlap.
 */
internal class FutureAttempt<T>(
    private val loop: FutureLoop<T>,
    private val attempt: RunAttempt,
) : BiFunction<T, Throwable?, Unit>,
    AutoCloseable {
    private val state = AtomicInteger(QUEUED)
    private val limits = if (loop.run == null) null else AttemptLimits(attempt).takeUnless { it.isNone && !endsInQueue() }
    private val handles = if (limits == null) null else CloseableBag()

    /** The thread that starts it, and the attempt that this thread was handed during the start. */
    private var thread: Thread? = null
    private var following: FutureAttempt<T>? = null

    /** The limit at which the body was cancelled. */
    @Volatile
    private var cause: CancelCause? = null

    @Volatile
    private var running: AutoCloseable? = null

    /** False while it waits for a thread, and if it never gets one. */
    val hasStarted: Boolean get() = state.get() == RUNNING

    fun startHere() {
        if (!loop.holds(this)) return close()
        watchQueue()
        performHere()
    }

    /** Hands the attempt to the executor. While it waits for a thread, the end of the run's time and a stop end it there. */
    fun start() {
        if (!loop.holds(this)) return close()
        watchQueue()
        try {
            loop.execute(::performHere)
        } catch (e: Throwable) {
            close()
            throw e
        }
    }

    /** True if something can end the attempt while it waits for a thread. */
    private fun endsInQueue() = loop.config.stops.isNotEmpty() || loop.config.policy.hasDeadline

    private fun watchQueue() {
        val handles = handles ?: return
        limits?.watchQueue(handles, { endInQueue(PackedDecision.DEADLINE) }) { cancel(CancelCause.DEADLINE) }
        loop.config.stops.forEach { handles += it.onTrigger { endInQueue(PackedDecision.STOPPED) } }
    }

    /** An attempt that no thread has taken never started. */
    private fun endInQueue(verdict: Long): Boolean {
        if (!state.compareAndSet(QUEUED, ENDED)) return false
        handles?.close()
        loop.finish(attempt.over(verdict))
        return true
    }

    /** An executor that runs a task immediately would nest attempt in attempt: the outer one runs them one after the other. */
    private fun performHere() {
        val around = loop.starting
        if (around?.thread === Thread.currentThread()) {
            around.following = this
            return
        }
        var next: FutureAttempt<T>? = this
        while (next != null) next = next.performOne()
    }

    private fun performOne(): FutureAttempt<T>? {
        loop.starting = this
        thread = Thread.currentThread()
        try {
            if (loop.config.isStopped) endInQueue(PackedDecision.STOPPED)
            if (state.compareAndSet(QUEUED, RUNNING)) perform()
        } catch (e: Throwable) {
            keepInterrupt(e)
            end(AttemptEnd.Threw(e))
        }
        thread = null
        return following
    }

    private fun perform() {
        handles?.let { limits?.watchBody(it, ::cancel) }
        val run = loop.run
        if (run == null) loop.perform(attempt, this) else run.enter { loop.perform(attempt, this) }
    }

    /** Cancels the body at a limit. The attempt ends when the body has ended, unless the run does not wait for that. */
    private fun cancel(by: CancelCause) {
        synchronized(this) {
            if (state.get() != RUNNING || cause != null) return
            cause = by
        }
        running?.close()
        if (loop.config.abandonsCancelled) skip()
    }

    /** Keeps what ends the body when it is cancelled; false if it is cancelled already. */
    fun holds(closeable: AutoCloseable): Boolean {
        running = closeable
        return state.get() == RUNNING && cause == null
    }

    /** Ends the attempt without its body, if it was cancelled at a limit. */
    fun skip() {
        cause?.let { end(checkNotNull(limits).cancelled(it, null)) }
    }

    /** The stage has ended on another thread, so its interruption is not one of this thread. */
    override fun apply(
        value: T,
        failure: Throwable?,
    ) = end(if (failure == null) AttemptEnd.Returned(value) else AttemptEnd.Threw(failure.peeled(), isElsewhere = true))

    fun end(end: AttemptEnd<T>) {
        if (state.getAndSet(ENDED) == ENDED) return loop.discardLate(end)
        handles?.close()
        val by = cause
        loop.settle(attempt, if (by != null && end is AttemptEnd.Threw) checkNotNull(limits).cancelled(by, end.failure) else end)
    }

    /** Ends it with the run, silently. */
    override fun close() {
        if (state.getAndSet(ENDED) == ENDED) return
        handles?.close()
        running?.close()
    }

    private companion object {
        const val QUEUED = 0
        const val RUNNING = 1
        const val ENDED = 2
    }
}
