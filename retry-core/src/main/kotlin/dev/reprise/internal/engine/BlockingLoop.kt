package dev.reprise.internal.engine

import dev.reprise.run.Attempt
import dev.reprise.run.RetryOutcome
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import java.util.concurrent.locks.LockSupport

/** The loop on a blocked thread. */
internal object BlockingLoop {
    fun <T> run(
        config: RunConfig,
        body: Attempt.() -> T,
    ): T {
        var attempt = config.plainFirst ?: return outcome(config, body).getOrThrow()
        while (true) {
            val failure =
                try {
                    return attempt.body()
                } catch (e: Throwable) {
                    e
                }
            attempt = attempt.failed(failure, RunContext.ofThread())
            if (attempt.isOver) {
                // No policy continues after an interruption, so there is no need to look for one where the run continues.
                keepInterrupt(failure)
                throw attempt.toThrowable()
            }
            attempt = (if (attempt.hasDelay) attempt.timed() else attempt).sleep()
        }
    }

    fun <T> outcome(
        config: RunConfig,
        body: Attempt.() -> T,
    ): RetryOutcome<T> {
        val run = RunContext(RunContext.ofThread(), config)
        var attempt = config.start(run)
        try {
            while (true) {
                if (!attempt.isOver) attempt = attempt.sleep()
                if (attempt.isOver) return attempt.complete()
                val end = run.enter { attempt.guarded(body) }
                if (end is AttemptEnd.Threw) keepInterrupt(end.failure)
                val next = attempt.next(end)
                if (next == null) {
                    attempt.notifySucceeded()
                    return RetryOutcome.Success((end as AttemptEnd.Returned).value, attempt.number)
                }
                attempt = next
            }
        } catch (e: InterruptedException) {
            attempt.notifyCancelled()
            throw e
        }
    }

    private fun RunAttempt.sleep(): RunAttempt {
        try {
            if (Thread.interrupted()) throw InterruptedException("interrupted before attempt $number")
            if (verdict == 0L) return this
            wakingOnStop { isStopped -> config.timer.sleep(verdict) { isStopped.get() } }
        } catch (e: InterruptedException) {
            Thread.currentThread().interrupt()
            lastFailure?.let(e::addSuppressed)
            throw e
        }
        return afterDelay()
    }

    /** Runs the body; at the limits of the attempt the thread is interrupted. */
    private fun <T> RunAttempt.guarded(body: Attempt.() -> T): AttemptEnd<T> {
        val limits = AttemptLimits(this)
        val guard = InterruptGuard()
        val cause = AtomicReference<CancelCause>()
        val watches =
            limits.watch(config.timer) { by ->
                cause.compareAndSet(null, by)
                guard.close()
            }
        val end = guard.run { body() }
        watches.close()
        val by = cause.get()
        return if (by != null && end is AttemptEnd.Threw) limits.cut(by, end.failure) else end
    }

    private fun RunAttempt.wakingOnStop(sleep: (AtomicBoolean) -> Unit) {
        val isStopped = AtomicBoolean()
        val sleeper = Thread.currentThread()
        val handles =
            config.stops.map { stop ->
                stop.onTrigger {
                    isStopped.set(true)
                    LockSupport.unpark(sleeper)
                }
            }
        try {
            sleep(isStopped)
        } finally {
            handles.forEach { it.close() }
        }
    }
}
