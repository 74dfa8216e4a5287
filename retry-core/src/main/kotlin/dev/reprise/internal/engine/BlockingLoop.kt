package dev.reprise.internal.engine

import dev.reprise.Retry
import dev.reprise.run.Attempt
import dev.reprise.run.ReportStamps
import dev.reprise.run.RetryOutcome
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import java.util.concurrent.locks.LockSupport

/** The loop on a blocked thread. */
internal object BlockingLoop {
    fun <T> run(
        retry: Retry,
        body: Attempt.() -> T,
    ): T {
        var attempt = retry.first ?: return watched(retry, body).getOrThrow()
        while (true) {
            val stamp = ReportStamps.latest
            val failure =
                try {
                    return attempt.body()
                } catch (e: Throwable) {
                    e
                }
            attempt = attempt.failedPlain(failure, stamp, RunContext.ofThread())
            if (attempt.isOver) {
                // No policy goes on after an interruption, so it need not be looked for where the run goes on.
                keepInterrupt(failure)
                throw attempt.ending()
            }
            attempt = (if (attempt.hasWait) attempt.timed() else attempt).sleep()
        }
    }

    fun <T> watched(
        retry: Retry,
        body: Attempt.() -> T,
    ): RetryOutcome<T> {
        val scope = RunContext(RunContext.ofThread(), retry.nested)
        var attempt = retry.begin()
        try {
            while (true) {
                if (!attempt.isOver) attempt = attempt.sleep()
                if (attempt.isOver) return attempt.conclude()
                val end = scope.enter { attempt.guarded(body) }
                if (end is AttemptEnd.Threw) keepInterrupt(end.failure)
                val next = attempt.next(end, scope)
                if (next == null) {
                    attempt.tellSuccess()
                    return RetryOutcome.Success((end as AttemptEnd.Returned).value, attempt.number)
                }
                attempt = next
            }
        } catch (e: InterruptedException) {
            attempt.tellCancelled()
            throw e
        }
    }

    private fun Attempt.sleep(): Attempt {
        try {
            if (Thread.interrupted()) throw InterruptedException("interrupted before attempt $number")
            if (verdict == 0L) return this
            wakingOnStop { isStopped -> retry.timer.sleep(verdict) { isStopped.get() } }
        } catch (e: InterruptedException) {
            Thread.currentThread().interrupt()
            lastFailure?.let(e::addSuppressed)
            throw e
        }
        return arrive()
    }

    /** Makes the attempt; at its limits the thread is interrupted. */
    private fun <T> Attempt.guarded(body: Attempt.() -> T): AttemptEnd<T> {
        val limits = AttemptLimits(this)
        val guard = InterruptGuard()
        val cutBy = AtomicReference<CancelCause>()
        val watches =
            limits.watch(retry.timer) { by ->
                cutBy.compareAndSet(null, by)
                guard.close()
            }
        val end = guard.run { body() }
        watches.close()
        val by = cutBy.get()
        return if (by != null && end is AttemptEnd.Threw) limits.cut(by, end.failure) else end
    }

    private fun Attempt.wakingOnStop(sleep: (AtomicBoolean) -> Unit) {
        val isStopped = AtomicBoolean()
        val sleeper = Thread.currentThread()
        val handles =
            retry.stops.map { stop ->
                stop.onGiven {
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
