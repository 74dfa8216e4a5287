package dev.reprise.internal.queue.worker

import dev.reprise.RetryPolicy
import dev.reprise.internal.queue.CurrentCall
import dev.reprise.internal.queue.HandlerRegistration
import dev.reprise.internal.queue.PolicyCache
import dev.reprise.internal.queue.queueLog
import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.RejectException
import dev.reprise.queue.model.SnoozeException
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.NANOS_PER_MILLI
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.toDelayMillis
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.milliseconds

/** A call that this worker has claimed, and how to tell the time of the store from then on. */
internal class ClaimedCall(
    val call: StoredCall,
    private val storeNow: Long,
    private val localNow: Long,
    private val clock: CallClock,
) {
    /** Now on the clock of the store, as reckoned from the claim. */
    val now: Long get() = storeNow + (clock.millis() - localNow)
}

/** Makes one attempt and says how it ended. */
internal class AttemptExecutor(
    private val queue: RetryQueue,
    private val verdicts: Settlements,
    private val running: RunningCalls,
    private val isHeld: (Claim) -> Boolean,
) {
    /** Attempts that were cut and go on all the same: their threads are lost until they end. */
    val hung = AtomicInteger()

    /** Runs the handler as a child of [scope]; cut attempts do not keep this from returning. */
    suspend fun run(
        claimed: ClaimedCall,
        scope: CoroutineScope,
    ): Settlement {
        val call = claimed.call
        // A claim may have waited here for longer than the lease under it: others may have the call by now.
        if (call.claim?.let(isHeld) != true) return verdicts.released(call)
        if (call.cancelRequested) return verdicts.cancelled(call)
        if (call.order.deadline?.let { claimed.now >= it } == true) return verdicts.expired(call)
        val timeLeft = verdicts.timeLeft(call, claimed.now)
        if (timeLeft != null && timeLeft <= 0) return verdicts.exhausted(call)
        // Handlers are not unregistered, but who can say what a store is given to claim.
        val handler = queue.options.handlers[call.handler] ?: return verdicts.released(call)
        return Attempt(claimed, handler, scope, timeLeft).make()
    }

    private inner class Attempt(
        private val claimed: ClaimedCall,
        private val handler: HandlerRegistration<*, *>,
        private val scope: CoroutineScope,
        private val timeLeft: Long?,
    ) {
        private val call = claimed.call
        private val limit = limitMillis()

        @Volatile
        private var version: Int? = null

        @Volatile
        private var end: Any? = null

        suspend fun make(): Settlement {
            val one = running.add(call)
            try {
                val job = start()
                one.start(job)
                if (!job.isCompleted) await(job, one)
            } finally {
                running.remove(one)
            }
            return try {
                settlement(one.cutBy)
            } catch (e: Throwable) {
                // What is thrown is code of a user's, and may itself throw where it is asked what it is.
                failed(IllegalStateException("how the attempt ended cannot be told: ${e.javaClass.name}"))
            }
        }

        /** Not on this thread: a handler may block it from its first line on, and has to be settled without when its time is over. */
        private fun start(): Job {
            val cutAt = limit?.let { queue.store.clock.millis() + it }
            val context = CallContext(call, queue, cutAt)
            return scope.launch(CurrentCall(call.cid, call.handler)) {
                end =
                    try {
                        handler.run(context) { version = it }.also { queue.options.requireSize(it, call.handler) }
                    } catch (e: Throwable) {
                        e
                    }
            }
        }

        private suspend fun await(
            job: Job,
            one: RunningCall,
        ) {
            val ended = if (limit == null) join(job) else withTimeoutOrNull(limit.milliseconds) { join(job) }
            if (ended != null) return
            one.cut(CancelCause.TIMEOUT)
            withTimeoutOrNull(HUNG_AFTER_MILLIS.milliseconds) { job.join() } ?: watchHung(job)
        }

        private suspend fun join(job: Job): Boolean {
            job.join()
            return true
        }

        private fun watchHung(job: Job) {
            hung.incrementAndGet()
            job.invokeOnCompletion { hung.decrementAndGet() }
            queueLog.log(
                System.Logger.Level.WARNING,
                "the handler '${call.handler}' was cut and goes on: it is not cancellable; its call ${call.cid} is settled without it",
            )
        }

        /** What returned in spite of a cut has returned. */
        private fun settlement(cutBy: CancelCause?): Settlement {
            val ended = end
            return when {
                ended is Payload -> verdicts.returned(call, ended, version)

                cutBy == CancelCause.CANCELLED -> verdicts.cancelled(call)

                cutBy == CancelCause.TIMEOUT -> failed(timeout(ended as? Throwable))

                cutBy != null -> verdicts.released(call)

                ended is SnoozeException -> verdicts.snoozed(call, ended.delay.toDelayMillis(), version)

                ended is RejectException -> verdicts.rejected(call, ended.cause ?: ended, version)

                ended is Throwable -> failed(ended)

                // Cancelled before its first line: the scope of the queue is no more.
                else -> verdicts.released(call)
            }
        }

        private fun timeout(thrown: Throwable?): Throwable {
            val cut = AttemptTimeoutException(call.nextAttempt, (limit ?: 0).milliseconds)
            if (thrown != null && thrown !is CancellationException) cut.addSuppressed(thrown)
            return cut
        }

        private fun failed(failure: Throwable) = verdicts.failed(call, failure, version, claimed.now)

        /** The first of: the timeout of the policy or of the queue, the end of the policy's time, the deadline. */
        private fun limitMillis(): Long? {
            val policy = PolicyCache.read(call.order.policy)
            return listOfNotNull(
                policy.attemptTimeoutMillis ?: queue.options.attemptTimeout
                    .takeIf { it.isFinite() }
                    ?.inWholeMilliseconds,
                call.order.deadline?.let { it - claimed.now },
                timeLeft,
            ).minOrNull()?.let { maxOf(it, 1) }
        }
    }

    private companion object {
        const val HUNG_AFTER_MILLIS = 5_000L
    }
}

private val RetryPolicy.attemptTimeoutMillis: Long?
    get() = logic.attemptTimeoutNanos.takeIf { it < LONGEST_WAIT }?.let { it / NANOS_PER_MILLI }
