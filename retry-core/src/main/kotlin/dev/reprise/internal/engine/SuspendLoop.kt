package dev.reprise.internal.engine

import dev.reprise.internal.util.plusWait
import dev.reprise.run.Attempt
import dev.reprise.run.RetryOutcome
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.nanoseconds

/** The loop on suspend functions. The loop of a plain run is in `Retry.invoke`, so that it is inlined into its caller. */
internal object SuspendLoop {
    /**
     * The attempt after [attempt] of a plain run, which ended with [failure], once its delay has passed; throws what the run ends with. It
     * suspends in tail calls only, so that a run that waits keeps no frame of it.
     */
    suspend fun afterFailure(
        attempt: Attempt,
        failure: Throwable,
    ): Attempt {
        val context = currentCoroutineContext()
        context.ensureActive()
        val next = (attempt as RunAttempt).failed(failure, context[RunContext])
        if (next.isOver) throw next.toThrowable(isSuspending = true)
        if (!next.hasDelay) return next
        val timed = next.timed()
        if (timed.state != null) return timed.delayed()
        return delayed(
            timed.config,
            timed.number,
            timed.startNanos,
            timed.elapsedNanos plusWait timed.verdict,
            timed.verdict,
            timed.history,
        )
    }

    /**
     * Waits for [delayNanos] before the attempt with the other facts, which is due at [elapsedNanos]. A run that waits keeps its frame and that
     * of its caller, and nothing else: the facts take less than the attempt, of which they are all but a state.
     */
    private suspend fun delayed(
        config: RunConfig,
        number: Int,
        startNanos: Long,
        elapsedNanos: Long,
        delayNanos: Long,
        history: Any?,
    ): RunAttempt {
        delay(delayNanos.nanoseconds)
        return RunAttempt.of(config, number, startNanos, elapsedNanos, 0, history, null, null).afterDelay().orThrow()
    }

    private suspend fun RunAttempt.delayed(): RunAttempt {
        delay(verdict.nanoseconds)
        return afterDelay().orThrow()
    }

    private fun RunAttempt.orThrow(): RunAttempt = if (isOver) throw toThrowable(isSuspending = true) else this

    suspend fun <T> outcome(
        config: RunConfig,
        body: suspend Attempt.() -> T,
    ): RetryOutcome<T> {
        val context = currentCoroutineContext()
        val run = RunContext(context[RunContext], config)
        var returned: AttemptEnd.Returned<T>? = null
        try {
            val last =
                config.attempts(run) { attempt ->
                    val end = AttemptScope<T>(attempt, run).run(body)
                    returned = end as? AttemptEnd.Returned
                    if (returned == null) context.ensureActive()
                    attempt.next(end)
                }
            return if (last.isOver) last.complete(isSuspending = true) else RetryOutcome.Success(returned!!.value, last.number)
        } finally {
            config.runEnded()
        }
    }
}

/**
 * Runs attempts with [step], which returns the next one, or null if that one has succeeded. Returns the last, which has succeeded or is
 * over.
 */
internal suspend inline fun RunConfig.attempts(
    run: RunContext,
    step: (RunAttempt) -> RunAttempt?,
): RunAttempt {
    var attempt = start(run)
    try {
        while (true) {
            if (!attempt.isOver && attempt.hasDelay) {
                attempt.orRefund { await(attempt) }
                attempt = attempt.afterDelay()
            }
            if (attempt.isOver) return attempt
            attempt.orRefund { currentCoroutineContext().ensureActive() }
            attempt = step(attempt) ?: return attempt.also { it.notifySucceeded() }
        }
    } catch (e: CancellationException) {
        attempt.notifyCancelled()
        throw e
    }
}

private inline fun RunAttempt.orRefund(beforeStart: () -> Unit) =
    try {
        beforeStart()
    } catch (e: CancellationException) {
        refund()
        throw e
    }

/** Waits until it is time for [attempt], or until a stop. It suspends in tail calls only, so that it adds no frame to a run that waits. */
internal suspend fun await(attempt: RunAttempt): Any? {
    val delay = attempt.verdict.nanoseconds
    return if (attempt.config.stops.isEmpty()) delay(delay) else withTimeoutOrNull(delay, attempt.config.untilStopped)
}
