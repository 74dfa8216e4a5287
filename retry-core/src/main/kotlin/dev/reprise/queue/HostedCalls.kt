package dev.reprise.queue

import dev.reprise.internal.queue.CurrentCall
import dev.reprise.internal.queue.NewCalls
import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.worker.Settlements
import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RepriseSpi
import dev.reprise.policy.RestoredFailure
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.Target
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.replayed
import dev.reprise.queue.spi.requireFutureDeadline
import dev.reprise.queue.spi.takenBy
import dev.reprise.queue.spi.toCall

/**
 * The rules of durable calls for an engine that hosts them instead of a [CallStore][dev.reprise.queue.spi.CallStore]: the engine keeps the
 * [StoredCall], waits, and starts attempts; what a call is, how an attempt is made and what follows from its end is decided here, as in a
 * [RetryQueue]. Times are milliseconds since 1970-01-01 UTC on the clock of the engine. Safe for any number of threads.
 *
 * @param clock measures how long attempts take.
 */
@RepriseSpi
public class HostedCalls
    @JvmOverloads
    constructor(
        registry: HandlerRegistry,
        private val clock: CallClock = CallClock.system,
    ) {
        private val settings = registry.settings
        private val newCalls = NewCalls(settings)
        private val settlements = Settlements(settings)
        private val events = QueueEvents(settings.listeners, clock) { laneOf(it) }

        /** The lanes of the handlers, each with the number of calls that it runs at a time. */
        public val lanes: Map<String, Int> get() = settings.lanes.associateWith(settings::concurrencyOf)

        /** The handlers that are limited by a number of their own, beside that of their lane. */
        public val limitedHandlers: Set<String>
            get() = settings.handlers.filterValues { it.concurrency != RetryQueueBuilder.UNLIMITED }.keys

        /** The lane of [handler]; null if it is not registered. */
        public fun laneOf(handler: String): String? = settings.handlers[handler]?.lane

        /**
         * A call of [target] with [request], enqueued by the call whose handler is running, if one is.
         *
         * @throws dev.reprise.queue.model.InvalidCallException if a value breaks a limit, or the deadline has passed at [now].
         */
        public suspend fun <Q, R> create(
            target: Target<Q, R>,
            request: Q,
            now: Long,
            block: CallOptions.() -> Unit,
        ): NewCall = newCalls.create(target, request, CurrentCall.current(), block).also { it.requireFutureDeadline(now) }

        /** [call] after it was accepted at [now]; [isHeld] if it waits behind another call of its order. */
        public fun accepted(
            call: NewCall,
            now: Long,
            isHeld: Boolean,
        ): StoredCall = call.accepted(now, orderSeq = 0, isHead = !isHeld)

        /** [call] after [worker] has claimed it at [now]. */
        public fun claimed(
            call: StoredCall,
            worker: String,
            now: Long,
        ): StoredCall = call.takenBy(worker, now)

        /** The dead [call] after its replay at [now], with a fresh policy; [isHeld] if it waits behind another call of its order. */
        public fun replayed(
            call: StoredCall,
            now: Long,
            isHeld: Boolean,
        ): StoredCall = call.replayed(now, orderSeq = 0, isHead = !isHeld)

        /** The call of [settlement] after it was accepted at [now]. */
        public fun applied(
            settlement: Settlement,
            now: Long,
        ): StoredCall = settlement.applied(now)

        /** Why this process cannot make an attempt at [call]: its handler is missing, or its policy cannot be read. Null: it can. */
        public fun problem(call: StoredCall): String? =
            if (laneOf(call.handler) == null) "no handler '${call.handler}' is registered" else settings.policies.problem(call)

        /** The settlement of the claimed [call] if no attempt starts at [now], because its time is over; otherwise null. */
        public fun endBefore(
            call: StoredCall,
            now: Long,
        ): Settlement? =
            when {
                call.request.deadline?.let { now >= it } == true -> settlements.expired(call)
                settlements.isTooLate(call, now) -> settlements.exhausted(call)
                else -> null
            }

        /** How long an attempt at [call] that starts at [now] can take, in milliseconds; null if there is no limit. */
        public fun limitMillis(
            call: StoredCall,
            now: Long,
        ): Long? = listOfNotNull(settlements.timeoutMillis(call), settlements.endMillis(call, now)).minOrNull()

        /** An attempt at the claimed [call] that starts at [now]; its handler enqueues to [queue]. */
        public fun attempt(
            queue: CallQueue,
            call: StoredCall,
            now: Long,
        ): HostedAttempt = HostedAttempt(queue, settings, settlements, events, clock, call, now)

        /**
         * What follows at [now] from an attempt at the claimed [call] that failed with [failure], recorded as [error]. The policy
         * decides, and can decide otherwise the next time: an engine that runs code again keeps the first decision.
         */
        public fun failed(
            call: StoredCall,
            failure: FailureDescription,
            error: AttemptError,
            now: Long,
        ): Settlement = settlements.failed(call, RestoredFailure(failure), error, now)

        /** What follows at [now] from the death of the worker that had claimed [call]. */
        public fun crashed(
            call: StoredCall,
            now: Long,
        ): Settlement = settlements.crashed(call, now, worker = null)

        /** The calls that report the end of [call], whose failures are [errors]; each has a new id. */
        public fun callbacks(
            call: StoredCall,
            errors: List<AttemptError>,
        ): List<NewCall> = settings.endRules.callbacks(call, errors)

        /** [call] as users see it. */
        public fun view(call: StoredCall): Call = call.toCall()
    }
