package dev.reprise.internal.queue

import dev.reprise.queue.spi.CallClock
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The end of a shutdown that starts now: so long after its grace as the store can take to accept the last settlements. */
internal class Deadline(
    private val clock: CallClock,
    grace: Duration,
) {
    private val end = clock.millis() + (grace + STORE_LIMIT).inWholeMilliseconds.coerceAtMost(LONGEST)

    private val left: Duration get() = maxOf(end - clock.millis(), SHORTEST).milliseconds

    /**
     * Runs [work] until it is done or the deadline has passed; null in the second case. Then it is cancelled and left behind: a statement
     * that has started ends when the worker abandons it, and all others with their own time limits.
     */
    suspend fun <T> await(work: suspend CoroutineScope.() -> T): T? {
        val running = CoroutineScope(currentCoroutineContext() + SupervisorJob()).async(block = work)
        return withTimeoutOrNull(left) { running.await() }.also { if (it == null) running.cancel() }
    }

    private companion object {
        val STORE_LIMIT = 10.seconds

        /** What can be done without waiting is done even after the deadline. */
        const val SHORTEST = 1L
        const val LONGEST = Long.MAX_VALUE / 4
    }
}
