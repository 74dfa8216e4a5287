package dev.reprise.internal.engine

import dev.reprise.Retry
import dev.reprise.run.Attempt
import dev.reprise.run.ReportStamps
import dev.reprise.run.RetryOutcome
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.nanoseconds

/** The loop on suspend functions. [Retry.invoke] holds the loop of a plain run, so that it is inlined into its caller. */
@PublishedApi
internal object SuspendLoop {
    /** See [ReportStamps]. */
    @JvmStatic
    fun stamp(): Int = ReportStamps.latest

    /**
     * The attempt after [failed], which was made by a plain run; throws what the run ends with. It never suspends, and is marked so to find
     * the context by itself: its caller would have to keep it while the body runs.
     */
    suspend fun next(
        failed: Attempt,
        failure: Throwable,
        stamp: Int,
    ): Attempt {
        val context = currentCoroutineContext()
        context.ensureActive()
        val next = failed.failedPlain(failure, stamp, context[RunContext])
        if (next.isOver) throw next.ending()
        return if (next.hasWait) next.timed() else next
    }

    /** Waits until it is time for [attempt] of a plain run. It calls last, so that a run that waits holds no frame of this function. */
    suspend fun pause(attempt: Attempt): Unit = delay(attempt.verdict.nanoseconds)

    /** The [attempt] after its wait. */
    fun arrive(attempt: Attempt): Attempt = attempt.arrive()

    suspend fun <T> run(
        retry: Retry,
        body: suspend Attempt.() -> T,
    ): T = ended(retry, body).getOrThrow()

    suspend fun <T> outcome(
        retry: Retry,
        body: suspend Attempt.() -> T,
    ): RetryOutcome<T> = ended(retry, body)

    private suspend inline fun <T> ended(
        retry: Retry,
        noinline body: suspend Attempt.() -> T,
    ): RetryOutcome<T> {
        val context = currentCoroutineContext()
        val scope = RunContext(context[RunContext], retry.nested)
        var returned: AttemptEnd.Returned<T>? = null
        val last =
            retry.attempts { attempt ->
                val end = AttemptScope<T>(attempt, scope).run(body)
                returned = end as? AttemptEnd.Returned
                if (returned == null) context.ensureActive()
                attempt.next(end, scope)
            }
        return if (last.isOver) last.conclude() else RetryOutcome.Success(returned!!.value, last.number)
    }
}

/**
 * Makes attempts with [step], which answers with the next one, until it answers with null: that one has succeeded. Returns the last,
 * which has succeeded or is over.
 */
internal suspend inline fun Retry.attempts(step: (Attempt) -> Attempt?): Attempt {
    var attempt = begin()
    try {
        while (true) {
            if (!attempt.isOver && attempt.hasWait) {
                await(attempt)
                attempt = attempt.arrive()
            }
            if (attempt.isOver) return attempt
            currentCoroutineContext().ensureActive()
            attempt = step(attempt) ?: return attempt.also { it.tellSuccess() }
        }
    } catch (e: CancellationException) {
        attempt.tellCancelled()
        throw e
    }
}

/** Waits until it is time for [attempt], or until a stop. It calls last, as [SuspendLoop.pause] does. */
internal suspend fun await(attempt: Attempt): Any? {
    val wait = attempt.verdict.nanoseconds
    return if (attempt.retry.stops.isEmpty()) delay(wait) else withTimeoutOrNull(wait, attempt.retry.untilStopped)
}
