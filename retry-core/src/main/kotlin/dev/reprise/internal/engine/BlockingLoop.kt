package dev.reprise.internal.engine

import dev.reprise.internal.util.CloseableBag
import dev.reprise.internal.util.suppress
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
        attempt.throwIfInterrupted()
        while (true) {
            val failure =
                try {
                    return attempt.body()
                } catch (e: Throwable) {
                    e
                }
            attempt = attempt.failed(failure, RunContext.ofThread())
            if (attempt.isOver) {
                // No policy continues after an interruption, so there is no need to check for one if the run continues.
                keepInterrupt(failure)
                throw attempt.toThrowable(isSuspending = false)
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
                if (attempt.isOver) return attempt.complete(isSuspending = false)
                val end = run.enter { attempt.guarded(body) }
                if (end is AttemptEnd.Threw) keepInterrupt(end.failure)
                val next = attempt.next(end)
                if (next == null) {
                    attempt.notifySucceeded()
                    return RetryOutcome.Success((end as AttemptEnd.Returned).value, attempt.number)
                }
                attempt = next
            }
        } catch (e: Throwable) {
            // An interrupt, the control flow of another library, or a timer that fails.
            attempt.notifyCancelled()
            throw e
        } finally {
            config.runEnded()
        }
    }

    private fun RunAttempt.throwIfInterrupted() {
        if (Thread.currentThread().isInterrupted) throw interrupted(InterruptedException("interrupted before attempt $number"))
    }

    private fun RunAttempt.sleep(): RunAttempt {
        throwIfInterrupted()
        if (!hasDelay) return this
        try {
            wakingOnStop { isStopped -> config.timer.sleep(verdict) { isStopped.get() } }
        } catch (e: InterruptedException) {
            throw interrupted(e)
        } catch (e: Throwable) {
            refund()
            throw e
        }
        return afterDelay()
    }

    /** The end of a run whose thread is interrupted before this attempt has started. */
    private fun RunAttempt.interrupted(failure: InterruptedException): InterruptedException {
        Thread.currentThread().interrupt()
        refund()
        lastFailure?.let(failure::suppress)
        return failure
    }

    /** Runs the body; at the limits of the attempt the thread is interrupted. */
    private fun <T> RunAttempt.guarded(body: Attempt.() -> T): AttemptEnd<T> {
        val limits = AttemptLimits(this)
        val guard = InterruptGuard()
        val cause = AtomicReference<CancelCause>()
        val watches = CloseableBag()
        val cancel = { by: CancelCause ->
            cause.compareAndSet(null, by)
            guard.close()
        }
        limits.watchDeadline(watches) { cancel(CancelCause.DEADLINE) }
        limits.watchBody(watches, cancel)
        val end = guard.run { body() }
        watches.close()
        val by = cause.get()
        return if (by != null && end is AttemptEnd.Threw) limits.cancelled(by, end.failure) else end
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
