package dev.reprise.temporal.internal

import dev.reprise.queue.HostedAttempt
import dev.reprise.queue.HostedCalls
import dev.reprise.queue.event.CancelCause
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.Settlement
import io.temporal.activity.Activity
import io.temporal.activity.ActivityExecutionContext
import io.temporal.client.ActivityCanceledException
import io.temporal.client.ActivityCompletionException
import io.temporal.client.ActivityWorkerShutdownException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.time.Duration
import java.util.concurrent.ConcurrentHashMap

/** Makes the attempts of a worker; the handlers run in [scope], and can enqueue to [queue]. */
internal class LaneAttempts(
    private val hosted: HostedCalls,
    private val queue: CallQueue,
    private val scope: CoroutineScope,
    private val heartbeatTimeout: Duration,
) : AttemptActivity {
    private val running = ConcurrentHashMap.newKeySet<HostedAttempt>()

    @Volatile
    private var isStopping = false

    /** Cancels the handlers that are running, and those that are about to; their attempts do not count. */
    fun cancelAll() {
        isStopping = true
        running.forEach { it.cancel(CancelCause.SHUTDOWN) }
    }

    override fun attempt(call: CallRecord): SettlementRecord {
        val context = Activity.getExecutionContext()
        val attempt = hosted.attempt(queue, call.toStoredCall(), startOf(context, call))
        running += attempt
        try {
            return resultOf(attempt, context)
        } catch (_: InterruptedException) {
            // The worker does not wait for this handler any longer. Nothing is reported, as if the process had died: another one repeats the attempt.
            context.doNotCompleteOnReturn()
            return SettlementRecord()
        } finally {
            running -= attempt
        }
    }

    /** On the clock of the server, as all times of the call. */
    private fun startOf(
        context: ActivityExecutionContext,
        call: CallRecord,
    ): Long = maxOf(context.info.startedTimestamp, call.claimedAt ?: 0)

    private fun resultOf(
        attempt: HostedAttempt,
        context: ActivityExecutionContext,
    ): SettlementRecord {
        val heart = Heart(context, attempt)
        val settlement = runBlocking { heart.beatWhile { attempt.make(scope) } }
        if (settlement.to == CallState.CANCELLED) throw checkNotNull(heart.cancellation) { "the attempt was cancelled without a request" }
        attempt.failure?.let { throw CallFailures.write(it, settlement) }
        return settlement.toRecord()
    }

    /**
     * Tells the server that the attempt is running, and learns from the answer that it is cancelled: on the thread of the activity, which only waits
     * for the handler. No dispatcher that handlers can block has a part in it.
     */
    private inner class Heart(
        private val context: ActivityExecutionContext,
        private val attempt: HostedAttempt,
    ) {
        @Volatile
        var cancellation: ActivityCanceledException? = null
            private set

        suspend fun beatWhile(work: suspend () -> Settlement): Settlement =
            coroutineScope {
                val beating = launch { beat() }
                try {
                    work()
                } finally {
                    beating.cancel()
                }
            }

        private suspend fun beat() {
            while (true) {
                delay(heartbeatTimeout.toMillis() / BEATS_PER_TIMEOUT)
                // It was cancelled before it could be.
                if (isStopping) attempt.cancel(CancelCause.SHUTDOWN)
                try {
                    context.heartbeat(null)
                } catch (e: ActivityCanceledException) {
                    cancellation = e
                    return attempt.cancel(CancelCause.REQUESTED)
                } catch (_: ActivityWorkerShutdownException) {
                    // What runs is given its time.
                } catch (_: ActivityCompletionException) {
                    // The workflow is over, or the server has given this attempt up: its result would not be taken.
                    return attempt.cancel(CancelCause.LEASE_LOST)
                }
            }
        }
    }

    internal companion object {
        const val BEATS_PER_TIMEOUT = 4
    }
}
