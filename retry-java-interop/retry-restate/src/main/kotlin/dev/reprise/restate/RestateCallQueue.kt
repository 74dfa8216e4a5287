package dev.reprise.restate

import dev.reprise.RetryPolicy
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.HostedCalls
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnknownCallException
import dev.reprise.restate.internal.AcceptedRecord
import dev.reprise.restate.internal.CallRecord
import dev.reprise.restate.internal.CallView
import dev.reprise.restate.internal.Diagnoses
import dev.reprise.restate.internal.KeyedRecord
import dev.reprise.restate.internal.Server
import dev.reprise.restate.internal.Services
import dev.reprise.restate.internal.States
import dev.reprise.restate.internal.WaitingFutures
import dev.reprise.restate.internal.toError
import dev.reprise.restate.internal.toRecord
import dev.reprise.restate.internal.toStoredCall
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.mapNotNull
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import java.time.Clock
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/**
 * Durable calls that a Restate server keeps: each is a virtual object whose key is the `cid`. [RestateWorker] runs them. What this server
 * cannot do throws [UnsupportedOperationException], which names the way round.
 *
 * A worker has to answer for most of what is done here; without any, [StoreUnavailableException] is thrown after 30 seconds, and what was
 * requested can happen later. Only [enqueue] of a call without keys, and [counts], need none.
 *
 * @param ingress the address of the server's ingress, for example `http://localhost:8080`.
 * @param admin the address of its admin API, for example `http://localhost:9070`.
 * @param name what the names of the services begin with: a letter, then letters, digits, `_` and `-`. Queues of other names are other
 * queues.
 * @param registry the handlers and settings. Retentions, the settings of leases and polls of a store, and
 * [callerTransaction][dev.reprise.queue.RetryQueueBuilder.callerTransaction] have no meaning here.
 * @param clock tells whether the deadline of a new call has passed; the workers use it too.
 */
@OptIn(RepriseSpi::class)
public class RestateCallQueue
    @JvmOverloads
    constructor(
        ingress: String,
        admin: String,
        private val name: String,
        registry: HandlerRegistry,
        internal val clock: Clock = Clock.systemUTC(),
    ) : CallQueue,
        AutoCloseable {
        init {
            require(name.matches(NAME)) { "name must be a letter and then letters, digits, _ or -, but was '$name'" }
        }

        internal val hosted = HostedCalls(registry)
        internal val services = Services(name)
        internal val server = Server(ingress, admin)
        private val states = States(server, services)
        private val futures = WaitingFutures()

        /** Accepts a call for each of [requests], all or none: one request to the server holds them all, which is 32 MiB at most. */
        override suspend fun <Q, R> enqueueAll(
            target: Target<Q, R>,
            requests: List<Q>,
            block: CallOptions.(Q) -> Unit,
        ): List<CallHandle<R>> {
            futures.requireOpen()
            val calls = requests.map { request -> hosted.create(target, request, clock.millis()) { block(request) }.toRecord() }
            return accept(calls).map { CallHandle.of(this, target, it.cid, it.isNew, futures) }
        }

        private suspend fun accept(calls: List<CallRecord>): List<AcceptedRecord> {
            if (calls.isEmpty()) return emptyList()
            val alone = calls.singleOrNull()?.takeIf { it.orderKey == null && it.uniqueKey == null }
            if (alone == null) return server.call(services.acceptAll.to(calls.toTypedArray())).toList()
            server.send(services.accept.to(alone.cid, alone))
            val accepted = AcceptedRecord()
            accepted.cid = alone.cid
            accepted.isNew = true
            return listOf(accepted)
        }

        /**
         * Accepts a call with the id [cid], once: the handle is that of the first one, whether it has ended or not. For an outbox: a
         * durable call in a database is enqueued in a transaction there, and its handler enqueues here with the id of that call, however
         * often it is attempted.
         *
         * @throws IllegalArgumentException if a unique key is set, because [cid] is one, or if [cid] has other characters than letters and
         * digits.
         */
        public suspend fun <Q, R> enqueueAs(
            cid: String,
            target: Target<Q, R>,
            request: Q,
            block: CallOptions.() -> Unit = {},
        ): CallHandle<R> {
            futures.requireOpen()
            require(cid.matches(CID)) { "cid must be letters and digits, but was '$cid'" }
            val call = hosted.create(target, request, clock.millis(), block).toRecord()
            require(call.uniqueKey == null) { "a call with an id of its own is unique: leave out the uniqueKey '${call.uniqueKey}'" }
            call.cid = cid
            val accepted = server.call(services.acceptAll.to(arrayOf(call))).single()
            return CallHandle.of(this, target, cid, accepted.isNew, futures)
        }

        override suspend fun find(cid: String): Call? = look(cid).call?.let(::shown)

        private suspend fun look(
            cid: String,
            withErrors: Boolean = false,
        ): CallView = server.call(services.look.to(cid, withErrors))

        private fun shown(call: CallRecord): Call = hosted.view(call.toStoredCall())

        override suspend fun findUnique(uniqueKey: String): Call? {
            val view = look(states.holder(uniqueKey) ?: return null)
            return view.call?.takeIf { view.keyUntil > clock.millis() }?.let(::shown)
        }

        override suspend fun liveOrderKeys(keys: Set<String>): Set<String> = states.live(keys)

        override suspend fun errors(cid: String): List<AttemptError> = look(cid, withErrors = true).errors.map { it.toError() }

        /** Waits until the call has ended, through outages of the server too, and returns it. */
        override suspend fun awaitEnd(cid: String): Call {
            while (true) {
                try {
                    val end = server.call(services.end.to(cid, Unit), Duration.INFINITE)
                    return end.call?.let(::shown) ?: throw UnknownCallException(cid)
                } catch (_: StoreUnavailableException) {
                    delay(OUTAGE_PAUSE)
                }
            }
        }

        /** Returns the number of calls by handler and state, of those that are kept. The server reads all of them for it. */
        override suspend fun counts(): List<CallCount> = states.counts()

        override suspend fun why(cid: String): Diagnosis = Diagnoses(states, hosted) { look(it).call }.of(cid)

        /**
         * Cancels a call that has not ended; its worker cancels a running handler at once. If that worker is not there any more, a second
         * cancellation ends the call without it.
         */
        override suspend fun cancel(cid: String): CancelResult = CancelResult.valueOf(server.call(services.cancel.to(cid, Unit)))

        /** Makes a call due now that waits for a later attempt. Returns false if no such call waits. */
        public suspend fun retryNow(cid: String): Boolean = server.call(services.reschedule.to(cid, 0))

        /** Makes a call due at [at] that waits, or at its deadline if that is earlier. Returns false if no such call waits. */
        public suspend fun reschedule(
            cid: String,
            at: Instant,
        ): Boolean = server.call(services.reschedule.to(cid, maxOf(at.toEpochMilli(), 1)))

        /**
         * Gives a call another policy. The attempts so far still count, what else the old policy remembered does not. Returns false if
         * there is no such call, or it has ended.
         *
         * @throws IllegalStateException if [policy] holds code.
         */
        public suspend fun policy(
            cid: String,
            policy: RetryPolicy,
        ): Boolean = server.call(services.policy.to(cid, policy.notation()))

        override suspend fun deadCalls(
            limit: Int,
            filter: (Call) -> Boolean,
        ): List<Call> {
            require(limit > 0) { "limit must be positive, but was $limit" }
            return dead(filter).take(limit).toList()
        }

        private fun dead(filter: (Call) -> Boolean): Flow<Call> =
            states.dead().mapNotNull { cid -> find(cid)?.takeIf { it.state == CallState.DEAD && filter(it) } }

        /** Makes the dead call [cid] ready again, with a fresh policy. Returns `NOT_DEAD` also if there is no such call. */
        public suspend fun replay(cid: String): ReplayResult = find(cid)?.let { replay(it) } ?: ReplayResult.NOT_DEAD

        private suspend fun replay(call: Call): ReplayResult {
            val dead = KeyedRecord()
            dead.cid = call.cid
            dead.uniqueKey = call.uniqueKey
            return if (call.state == CallState.DEAD) ReplayResult.valueOf(server.call(services.replay.to(dead))) else ReplayResult.NOT_DEAD
        }

        /** Replays the dead calls that match [filter], one by one. */
        override suspend fun replay(
            dryRun: Boolean,
            filter: (Call) -> Boolean,
        ): Map<String, ReplayResult> {
            val dead = dead(filter).toList()
            return dead.associate { it.cid to if (dryRun) ReplayResult.REPLAYED else replay(it) }
        }

        /** Lets the calls behind the dead call [cid] run. Returns false if there is no such call, it is not dead, or it has no order. */
        public suspend fun unblock(cid: String): Boolean = server.call(services.unblock.to(cid, Unit))

        /** Deletes the dead calls that match [filter], one by one; returns their ids. */
        override suspend fun discard(
            dryRun: Boolean,
            filter: (Call) -> Boolean,
        ): List<String> {
            val dead = dead(filter).toList().map { it.cid }
            return if (dryRun) dead else dead.filter { server.call(services.discard.to(it, Unit)) }
        }

        /** Not here: the server sends what is due. */
        override suspend fun pause(lane: String): Unit = throw noPause("stop the workers of a queue of its own name for the lane '$lane'")

        /** Not here, as [pause]. */
        override suspend fun resume(lane: String): Unit = throw noPause("start workers of a queue of its own name for the lane '$lane'")

        private fun noPause(instead: String) = UnsupportedOperationException("Restate sends what is due, and a lane has no pause: $instead")

        /** Completes the futures that wait for calls. The workers continue. */
        override fun close(): Unit = futures.close()

        override fun toString(): String = "RestateCallQueue($name)"

        private companion object {
            val NAME = Regex("[A-Za-z][A-Za-z0-9_-]*")
            val CID = Regex("[A-Za-z0-9]+")
            val OUTAGE_PAUSE = 200.milliseconds
        }
    }
