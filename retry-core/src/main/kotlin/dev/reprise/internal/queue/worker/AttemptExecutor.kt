package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.CurrentCall
import dev.reprise.internal.queue.HandlerRegistration
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.queueLog
import dev.reprise.internal.util.rejectionBehind
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.queue.event.CancelCause
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.HandlerLoadException
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.RejectException
import dev.reprise.queue.model.SnoozeException
import dev.reprise.queue.model.UnstorableResultException
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.toCall
import dev.reprise.queue.spi.toDelayMillis
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** Runs one attempt and returns how it ended; [decide] settles a call whose handler failed. */
internal class AttemptExecutor(
    private val queue: CallQueue,
    private val settings: QueueSettings,
    private val clock: CallClock,
    private val settlements: Settlements,
    private val running: RunningCalls,
    private val events: QueueEvents,
    private val decide: (StoredCall, Throwable, Int?, Long, Duration) -> Settlement = settlements::failed,
    private val isHeld: (Claim) -> Boolean,
) {
    private val hungByLane = ConcurrentHashMap<String, AtomicInteger>()

    /** How many attempts were cancelled and continue nevertheless: their threads are lost until they end. */
    val hung: Int get() = hungByLane.values.sumOf { it.get() }

    /** How many of them are in [lane]. */
    fun hungIn(lane: String): Int = hungByLane[lane]?.get() ?: 0

    /** Runs the handler as a child of [scope]; this returns even if a cancelled attempt continues. */
    suspend fun run(
        claimed: ClaimedCall,
        scope: CoroutineScope,
    ): Settlement {
        val call = claimed.call
        // A claim can wait here for longer than its lease is valid: another worker can have the call by now.
        if (call.claim?.let(isHeld) != true) return settlements.released(call)
        if (call.cancelRequested || running.isCancelRequested(call.cid)) return settlements.cancelled(call)
        if (call.request.deadline?.let { claimed.now >= it } == true) return settlements.expired(call)
        if (settings.policies.find(call) == null) return settlements.unreadable(call)
        if (settlements.isTooLate(call, claimed.now)) return settlements.exhausted(call)
        // Handlers are never unregistered, but a store can return a call that was not requested.
        val handler = settings.handlers[call.handler] ?: return settlements.released(call)
        return Attempt(claimed, handler, scope).make()
    }

    private inner class Attempt(
        private val claimed: ClaimedCall,
        private val handler: HandlerRegistration<*, *>,
        private val scope: CoroutineScope,
    ) {
        private val call = claimed.call
        private val startedAt = clock.millis()
        private val timeout = settlements.timeoutMillis(call)
        private val endsIn = settlements.endMillis(call, claimed.now)
        private val current = CurrentCall(call.cid, call.handler, call.nextAttempt)
        private val run = WorkerRun(current, clock, timeout?.let { startedAt + it }, endsIn?.let { startedAt + it }, claimed)

        @Volatile
        private var version: Int? = null

        @Volatile
        private var end: Any? = null

        /** What the attempt failed with. */
        private var failure: Throwable? = null

        suspend fun make(): Settlement {
            val one = running.add(call)
            events.attemptStarted(call)
            try {
                val job = start()
                one.start(job)
                if (!job.isCompleted) await(job, one)
            } finally {
                running.remove(one)
            }
            val settlement =
                try {
                    settlement(one.cancelledBy)
                } catch (e: Throwable) {
                    // A failure is user code, whose methods can throw.
                    failed(IllegalStateException("the failure of the attempt cannot be read: ${e.javaClass.name}"))
                }
            events.attemptEnded(settlement, one.cancelledBy, failure, elapsed, version)
            return settlement
        }

        private val elapsed get() = (clock.millis() - startedAt).milliseconds

        /** Not on this thread: a handler can block it from its first line, and is settled without it when its time is over. */
        private fun start(): Job {
            val context = CallContext(call.toCall(), call.nextAttempt, queue, run)
            val carried = settings.context.element(call.request.headers, call.cid, call.handler, call.nextAttempt)
            return scope.launch(run.current.context + carried) {
                end =
                    try {
                        handler.run(context, { settings.requireSize(it, call.handler) }) { version = it }
                    } catch (e: Throwable) {
                        e
                    }
            }
        }

        private suspend fun await(
            job: Job,
            one: RunningCall,
        ) {
            if (run.await(job)) return
            one.cancel(CancelCause.DEADLINE)
            withTimeoutOrNull(HUNG_AFTER_MILLIS.milliseconds) { job.join() } ?: watchHung(job)
        }

        private fun watchHung(job: Job) {
            val hung = hungByLane.computeIfAbsent(handler.lane) { AtomicInteger() }
            hung.incrementAndGet()
            job.invokeOnCompletion { hung.decrementAndGet() }
            queueLog.log(
                System.Logger.Level.WARNING,
                "call=${call.cid} handler=${call.handler} does not react to cancellation; the call is settled without it",
            )
        }

        /** A handler that returned in spite of its cancellation has returned. */
        private fun settlement(cancelledBy: CancelCause?): Settlement {
            val ended = end
            return when {
                ended is Payload -> {
                    settlements.returned(call, ended, version)
                }

                ended is UnstorableResultException -> {
                    failure = ended.cause
                    settlements.returnedUnstorable(call, ended.cause, version)
                }

                cancelledBy == CancelCause.REQUESTED -> {
                    settlements.cancelled(call)
                }

                cancelledBy == CancelCause.DEADLINE -> {
                    failed(timeout(ended as? Throwable))
                }

                cancelledBy != null -> {
                    settlements.released(call)
                }

                ended is SnoozeException -> {
                    settlements.snoozed(call, ended.delay.toDelayMillis(), version)
                }

                ended is RejectException -> {
                    failure = ended
                    settlements.rejected(call, ended.cause ?: ended, version)
                }

                // During a deployment classes can be missing for a while: retried like any failure.
                ended is LinkageError -> {
                    failed(HandlerLoadException(call.handler, "the class path", ended))
                }

                ended is CancellationException && ended.rejectionBehind() != null -> {
                    settlements.snoozed(
                        call,
                        REJECTED_PAUSE_MILLIS,
                        version,
                    )
                }

                ended is Throwable -> {
                    failed(ended)
                }

                // Cancelled before its first line: the scope of the queue has ended.
                else -> {
                    settlements.released(call)
                }
            }
        }

        private fun timeout(thrown: Throwable?): Throwable {
            val timeout = AttemptTimeoutException(call.nextAttempt, (listOfNotNull(timeout, endsIn).minOrNull() ?: 0).milliseconds)
            if (thrown != null && thrown !is CancellationException) timeout.addSuppressed(thrown)
            return timeout
        }

        private fun failed(failure: Throwable): Settlement {
            this.failure = failure
            return decide(call, failure, version, claimed.now, elapsed)
        }
    }

    private companion object {
        const val HUNG_AFTER_MILLIS = 5_000L
        const val REJECTED_PAUSE_MILLIS = 1_000L
    }
}
