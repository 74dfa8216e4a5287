package dev.reprise.kafka.internal

import dev.reprise.run.StopSignal
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** What runs beside the thread of the consumer, which waits for it and polls meanwhile. */
internal class Work(
    scope: CoroutineScope,
    body: suspend (StopSignal) -> Unit,
) {
    private val stop = StopSignal()
    private val done = CountDownLatch(1)
    private val job: Deferred<Unit> = scope.async { body(stop) }

    init {
        job.invokeOnCompletion { done.countDown() }
    }

    /** Waits at most [limit]; true if it is done. */
    fun await(limit: Duration): Boolean = done.await(limit.inWholeMicroseconds, TimeUnit.MICROSECONDS)

    /** Lets it finish the current record. */
    fun stop() {
        stop.stop()
    }

    /** Lets it finish the current record, for [limit]; then cancels it, and waits a little for that. True if it is done. */
    fun finish(limit: Duration): Boolean {
        stop()
        if (await(limit)) return true
        job.cancel()
        return await(CANCELLED_WITHIN)
    }

    /** Returns if it has succeeded. @throws Throwable what it has failed with. */
    @OptIn(ExperimentalCoroutinesApi::class)
    fun result() {
        job.getCompletionExceptionOrNull()?.let { throw it }
    }

    private companion object {
        val CANCELLED_WITHIN = 2.seconds
    }
}
