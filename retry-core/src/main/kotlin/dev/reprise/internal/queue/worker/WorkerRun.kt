package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.CurrentCall
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.spi.CallClock
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.withTimeoutOrNull
import java.time.Instant
import java.util.concurrent.Callable
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** An attempt at [current] in a worker, which is cancelled when [clock] shows [timesOutAt], without its pauses, or [endsAt]; null: never. */
internal class WorkerRun(
    val current: CurrentCall,
    private val clock: CallClock,
    private var timesOutAt: Long?,
    private val endsAt: Long?,
    /** The call, if it is stored. */
    private val claimed: ClaimedCall?,
) : CallContext.Run {
    private var pauses = 0
    private var pausedAt = 0L

    /** Completed at the end of the pause; null if there is none. */
    private var resumed: CompletableDeferred<Unit>? = null

    override val remaining: Duration
        get() = leftMillis()?.milliseconds ?: Duration.INFINITE

    override val now: Instant get() = Instant.ofEpochMilli(claimed?.now ?: clock.millis())

    override val isStored: Boolean get() = claimed != null

    override fun <T> runAs(body: Callable<T>): T = current.run { body.call() }

    override fun pauseTimeout(): Unit =
        synchronized(this) {
            if (pauses++ > 0) return
            pausedAt = clock.millis()
            resumed = CompletableDeferred()
        }

    override fun resumeTimeout(): Unit =
        synchronized(this) {
            if (--pauses > 0) return
            timesOutAt = timesOutAt?.plus(clock.millis() - pausedAt)
            resumed?.complete(Unit)
            resumed = null
        }

    private fun leftMillis(): Long? =
        synchronized(this) { listOfNotNull(timesOutAt.takeIf { pauses == 0 }, endsAt) }
            .minOrNull()
            ?.let { maxOf(it - clock.millis(), 0) }

    /** Waits for the end of [job]; returns false if the time of the attempt is over before. */
    suspend fun await(job: Job): Boolean {
        while (true) {
            val left = leftMillis()
            if (left == 0L) return false
            val end = synchronized(this) { resumed }
            val isEnded = if (left == null) join(job, end) else withTimeoutOrNull(left.milliseconds) { join(job, end) }
            if (isEnded == true) return true
        }
    }

    /** False if the pause ends before. */
    private suspend fun join(
        job: Job,
        end: CompletableDeferred<Unit>?,
    ): Boolean {
        if (end != null) {
            return select {
                job.onJoin { true }
                end.onAwait { false }
            }
        }
        job.join()
        return true
    }
}
