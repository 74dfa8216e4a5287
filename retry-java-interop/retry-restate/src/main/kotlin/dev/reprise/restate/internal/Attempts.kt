package dev.reprise.restate.internal

import dev.reprise.queue.HostedAttempt
import dev.reprise.queue.HostedCalls
import dev.reprise.queue.event.CancelCause
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.Settlement
import dev.restate.sdk.Context
import dev.restate.sdk.HandlerRunner
import dev.restate.sdk.common.TerminalException
import dev.restate.sdk.endpoint.definition.HandlerType
import dev.restate.sdk.endpoint.definition.ServiceDefinition
import dev.restate.sdk.endpoint.definition.ServiceType
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import java.time.Duration
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Duration as KotlinDuration

/**
 * The service that makes attempts; the handlers run in [scope], and can enqueue to [queue].
 *
 * An attempt that has its slot records in its journal which worker starts it. If the server loses the connection and sends the attempt
 * again, that worker continues with the handler that is running, and any other one reports a crash: an attempt calls its handler once.
 */
internal class Attempts(
    private val hosted: HostedCalls,
    private val services: Services,
    private val queue: CallQueue,
    private val scope: CoroutineScope,
    private val clock: () -> Long,
) {
    private val worker = UUID.randomUUID().toString()
    private val own = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val slots = hosted.lanes.mapValues { (_, concurrency) -> Slots(concurrency) }

    /** What waits for a slot or runs, until its end is in the journal. */
    private val taken = ConcurrentHashMap<String, Taken>()

    @Volatile
    private var isStopping = false

    fun definition(options: HandlerRunner.Options): ServiceDefinition =
        ServiceDefinition
            .of(services.attempts, ServiceType.SERVICE, listOf(services.attempt.does(HandlerType.SHARED, options, ::attempt)))
            // The server takes silence for a fault, and handlers are silent while they run. A connection that breaks is noticed at once.
            .configure { it.inactivityTimeout(LONGEST_ATTEMPT).abortTimeout(LONGEST_ATTEMPT) }

    private fun attempt(
        context: Context,
        call: CallRecord,
    ) {
        val key = keyOf(call)
        // Restate tries again, with another worker if there is one.
        check(taken.containsKey(key) || (!isStopping && scope.isActive)) { STOPS }
        try {
            context.send(services.settled.to(call.cid, endOf(context, call)))
            taken.remove(key)
        } finally {
            taken[key]?.drop()
        }
    }

    private fun endOf(
        context: Context,
        call: CallRecord,
    ): EndRecord =
        try {
            val starter =
                context.run("start", Json.of<String>()) {
                    awaitSlot(call)
                    worker
                }
            context.run("attempt", END) { if (starter == worker) made(call) else crash(call) }
        } catch (e: TerminalException) {
            if (e.code != TerminalException.CANCELLED_CODE) throw e
            context.run("cancel", END) { cancelled(call) }
        }

    private fun keyOf(call: CallRecord) = "${call.cid}/${call.claims}"

    private fun take(call: CallRecord) = taken.computeIfAbsent(keyOf(call)) { Taken(call).apply { enter() } }

    private fun awaitSlot(call: CallRecord): Unit = runBlocking { take(call).slot.await() }

    private fun made(call: CallRecord): EndRecord {
        while (true) {
            val one = take(call)
            if (one.go()) return runBlocking { one.end.await() }
        }
    }

    private fun crash(call: CallRecord) = EndRecord().apply { claim = call.claims }

    /** What does not run yet does not start any more. */
    private fun cancelled(call: CallRecord): EndRecord {
        val one = taken.computeIfAbsent(keyOf(call)) { Taken(call) }
        one.cancel(CancelCause.REQUESTED)
        return runBlocking { one.end.await() }
    }

    /** Starts nothing more. Waits for [grace], then cancels what runs, and waits for [last] until the ends are in the journals. */
    suspend fun stop(
        grace: KotlinDuration,
        last: KotlinDuration,
    ) {
        isStopping = true
        taken.values.forEach { it.runs(CallState.READY) }
        withTimeoutOrNull(grace) { awaitNone {} }
        withTimeoutOrNull(last) { awaitNone { taken.values.forEach { it.cancel(CancelCause.SHUTDOWN) } } }
        own.cancel()
        scope.cancel()
    }

    private suspend fun awaitNone(look: () -> Unit) {
        while (taken.isNotEmpty()) {
            look()
            delay(PAUSE)
        }
    }

    /** An attempt in this process. It goes, or it does not: that is decided once. */
    private inner class Taken(
        private val record: CallRecord,
    ) {
        private val call = record.toStoredCall()
        private val goes = CompletableDeferred<Boolean>()
        private var decision: Boolean? = null
        private var attempt: HostedAttempt? = null
        private var isCancelled = false

        /** Completes when it has a slot. */
        val slot = CompletableDeferred<Unit>()
        val end = CompletableDeferred<EndRecord>()

        fun enter() {
            own.launch {
                val ofLane = hosted.laneOf(call.handler)?.let { slots[it] }
                if (ofLane == null) hold() else ofLane.use(call.request.priority) { hold() }
            }
        }

        private suspend fun hold() {
            slot.complete(Unit)
            // If the connection breaks here, the server can send it to another worker.
            withTimeoutOrNull(DECIDED_WITHIN) { goes.await() }
            if (!decide(false)) return drop()
            try {
                val attempt = begin()
                end.complete(endOf(attempt.make(scope), attempt))
            } catch (e: Throwable) {
                taken.remove(keyOf(record), this)
                end.completeExceptionally(e)
            }
        }

        /** Returns what was decided first. */
        @Synchronized
        private fun decide(doesGo: Boolean): Boolean = decision ?: doesGo.also { decision = it }.also { goes.complete(it) }

        /** Returns true if it goes, or has ended; false if it was dropped. */
        fun go(): Boolean = decide(true) || end.isCompleted

        /** Frees its slot unless it goes: the server has lost the connection, and sends it again. */
        fun drop() {
            if (!decide(false)) taken.remove(keyOf(record), this)
        }

        @Synchronized
        private fun begin(): HostedAttempt {
            val made = hosted.attempt(queue, call, maxOf(clock(), call.claim?.at ?: 0))
            if (isCancelled) made.cancel(CancelCause.REQUESTED)
            attempt = made
            return made
        }

        /** Returns true if it runs; otherwise it never does, and its call gets the state [to]. */
        @Synchronized
        fun runs(to: CallState): Boolean {
            if (decide(false)) return true
            end.complete(endOf(Settlement(call, to, AttemptResult.RELEASED, policyState = call.progress.policyState)))
            if (to == CallState.CANCELLED) slot.complete(Unit) else slot.completeExceptionally(IllegalStateException(STOPS))
            return false
        }

        @Synchronized
        fun cancel(cause: CancelCause) {
            isCancelled = isCancelled || cause == CancelCause.REQUESTED
            if (runs(if (isCancelled) CallState.CANCELLED else CallState.READY)) attempt?.cancel(cause)
        }

        private fun endOf(
            settlement: Settlement,
            attempt: HostedAttempt? = null,
        ) = EndRecord().apply {
            claim = record.claims
            this.settlement = settlement.toRecord()
            failure = attempt?.failure?.toRecord(settlement.error?.message)
        }
    }

    private companion object {
        const val STOPS = "this worker stops, and starts no attempt"
        val END = Json.of<EndRecord>()
        val LONGEST_ATTEMPT: Duration = Duration.ofDays(30)
        val DECIDED_WITHIN = 30.seconds
        val PAUSE = 20.milliseconds
    }
}
