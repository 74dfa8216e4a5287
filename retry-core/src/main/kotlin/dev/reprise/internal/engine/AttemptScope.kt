package dev.reprise.internal.engine

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.closeQuietly
import dev.reprise.run.Attempt
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.nanoseconds

/**
 * Runs the body of one attempt in its own scope, with [context] added, and cancels it at its limits. If [keepsLate], a value that the body
 * returns after that counts.
 */
internal class AttemptScope<T>(
    private val attempt: RunAttempt,
    private val context: CoroutineContext,
    private val keepsLate: Boolean = true,
) {
    private val limits = AttemptLimits(attempt)

    /** True if the attempt has limits. */
    val hasLimits: Boolean get() = !limits.isNone

    private var end: AttemptEnd<T>? = null

    /** True if the body has ended and left something running, which is part of the attempt. */
    private var isWaiting = false

    /** The limit at which the attempt was cancelled. */
    private var cause: CancelCause? = null

    /**
     * Ends are captured inside the scope: an exception that crosses it can be replaced by a copy with a recovered stack trace, and a
     * value that arrives together with the cancellation would be lost.
     */
    suspend fun run(body: suspend Attempt.() -> T): AttemptEnd<T> {
        try {
            withContext(context) {
                val watcher = if (hasLimits) watch() else null
                end = capture(body)
                if (watcher != null) {
                    awaitOthers(watcher)
                    watcher.cancel()
                }
            }
        } catch (e: Throwable) {
            // Either the scope was cancelled (by the watcher: the end of the body counts; or by the caller), or something launched
            // in it has failed.
            if (cause == null || e !is CancellationException) replaceEnd(e)
        }
        val ended = checkNotNull(end)
        val by = cause ?: return ended
        if (ended !is AttemptEnd.Returned) return limits.cancelled(by, (ended as? AttemptEnd.Threw)?.failure)
        if (keepsLate && !isWaiting) return ended
        closeQuietly(ended.value)
        return limits.cancelled(by, null)
    }

    private suspend fun capture(body: suspend Attempt.() -> T): AttemptEnd<T> =
        try {
            AttemptEnd.Returned(attempt.body())
        } catch (e: Throwable) {
            AttemptEnd.Threw(e)
        }

    /** What the body has launched in its scope is part of the attempt. */
    private suspend fun CoroutineScope.awaitOthers(watcher: Job) {
        while (true) {
            val other = coroutineContext.job.children.firstOrNull { it !== watcher } ?: break
            isWaiting = true
            other.join()
        }
        isWaiting = false
    }

    private fun replaceEnd(failure: Throwable) {
        (end as? AttemptEnd.Returned)?.let { closeQuietly(it.value) }
        end = AttemptEnd.Threw(failure)
    }

    /** Each stop is watched separately: the grace of a later one can end sooner than that of an earlier one. */
    private fun CoroutineScope.watch(): Job {
        val running = this
        return launch(start = CoroutineStart.UNDISPATCHED) {
            limits.stops.forEach { stop ->
                launch(start = CoroutineStart.UNDISPATCHED) {
                    listOf(stop).awaitAny()
                    delay(stop.graceNanos.nanoseconds)
                    cancel(running, CancelCause.STOP)
                }
            }
            if (limits.nanos < LONGEST_WAIT) {
                delay(limits.nanos.nanoseconds)
                cancel(running, limits.byTime)
            }
        }
    }

    private fun cancel(
        running: CoroutineScope,
        by: CancelCause,
    ) {
        cause = cause ?: by
        running.cancel("attempt ${attempt.number} is cancelled at its limit")
    }
}
