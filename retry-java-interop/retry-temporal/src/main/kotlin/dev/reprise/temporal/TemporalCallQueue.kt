package dev.reprise.temporal

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
import dev.reprise.queue.model.Target
import dev.reprise.queue.spi.NewCall
import dev.reprise.temporal.internal.CallRecord
import dev.reprise.temporal.internal.DeadCalls
import dev.reprise.temporal.internal.Diagnoses
import dev.reprise.temporal.internal.Executions
import dev.reprise.temporal.internal.KeyWorkflow
import dev.reprise.temporal.internal.OrderWorkflow
import dev.reprise.temporal.internal.WaitingFutures
import dev.reprise.temporal.internal.toError
import dev.reprise.temporal.internal.toRecord
import dev.reprise.temporal.internal.toStoredCall
import io.temporal.api.enums.v1.WorkflowExecutionStatus
import io.temporal.api.enums.v1.WorkflowIdReusePolicy
import io.temporal.client.WorkflowClient
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.mapNotNull
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import java.time.Clock
import java.time.Duration
import java.time.Instant

/**
 * Durable calls that a Temporal server keeps: each is a workflow whose id is the `cid`, and each attempt an activity. [TemporalWorker] runs
 * them. What this server cannot do throws [UnsupportedOperationException], which names the way round.
 *
 * A call that has not ended is known to the workers of [taskQueue]: without any, `find`, `errors` and `why` throw
 * [StoreUnavailableException][dev.reprise.queue.model.StoreUnavailableException], while calls are accepted and can be cancelled.
 *
 * @param taskQueue the task queue of the workflows; the attempts of a lane are in `<taskQueue>/<lane>`.
 * @param registry the handlers and settings. A retention, the settings of leases and polls of a store, and
 * [callerTransaction][dev.reprise.queue.RetryQueueBuilder.callerTransaction] have no meaning here.
 * @param clock tells whether the deadline of a new call has passed.
 */
@OptIn(RepriseSpi::class)
public class TemporalCallQueue
    @JvmOverloads
    constructor(
        internal val client: WorkflowClient,
        internal val taskQueue: String,
        registry: HandlerRegistry,
        private val clock: Clock = Clock.systemUTC(),
    ) : CallQueue,
        AutoCloseable {
        internal val hosted = HostedCalls(registry)
        internal val executions = Executions(client, taskQueue)
        private val futures = WaitingFutures()

        /**
         * Accepts a call.
         *
         * @throws UnsupportedOperationException if there are several [requests]: Temporal accepts calls one by one.
         */
        override suspend fun <Q, R> enqueueAll(
            target: Target<Q, R>,
            requests: List<Q>,
            block: CallOptions.(Q) -> Unit,
        ): List<CallHandle<R>> {
            futures.requireOpen()
            if (requests.size > 1) {
                throw UnsupportedOperationException(
                    "Temporal accepts calls one by one, and these ${requests.size} are to be accepted all or none: " +
                        "call enqueue for each, or enqueue them in a RetryQueue on a database whose handler enqueues here",
                )
            }
            return requests.map { request -> accept(target, hosted.create(target, request, clock.millis()) { block(request) }) }
        }

        private suspend fun <R> accept(
            target: Target<*, R>,
            call: NewCall,
        ): CallHandle<R> {
            val record = call.toRecord()
            val holder = if (record.uniqueKey == null) record.cid else hold(record)
            if (holder != record.cid) return CallHandle.of(this, target, holder, isNew = false, futures)
            val isNew = executions.start(record)
            record.orderKey?.let { executions.join(it, record.cid) }
            return CallHandle.of(this, target, record.cid, isNew || record.uniqueKey != null, futures)
        }

        /**
         * Accepts a call with the id [cid], once: the handle is that of the first one, whether it has ended or not. For an outbox: a durable call in
         * a database is enqueued in a transaction there, and its handler enqueues here with the id of that call, however often it is attempted.
         *
         * @throws IllegalArgumentException if a unique key is set, because [cid] is one.
         */
        public suspend fun <Q, R> enqueueAs(
            cid: String,
            target: Target<Q, R>,
            request: Q,
            block: CallOptions.() -> Unit = {},
        ): CallHandle<R> {
            futures.requireOpen()
            val call =
                hosted
                    .create(target, request, clock.millis(), block)
                    .toBuilder()
                    .apply { this.cid = cid }
                    .build()
            require(call.uniqueKey == null) { "a call with an id of its own is unique: leave out the uniqueKey '${call.uniqueKey}'" }
            return accept(target, call)
        }

        /** The call that has the unique key of [call] from now on: [call] itself, or an earlier one. */
        private suspend fun hold(call: CallRecord): String {
            while (true) {
                val holder = executions.hold(call) ?: continue
                if (holder == call.cid || call.keepUniqueKey || executions.find(holder)?.freesKey != true) return holder
                // It has ended and is about to free its key.
                executions.keyFreed(checkNotNull(call.uniqueKey))
            }
        }

        override suspend fun find(cid: String): Call? = executions.find(cid)?.let { hosted.view(it.toStoredCall()) }

        override suspend fun findUnique(uniqueKey: String): Call? {
            val key = executions.describe(KeyWorkflow.idOf(uniqueKey)) ?: return null
            val call = executions.holderOf(key)?.let { executions.find(it) } ?: return null
            val isRunning = key.status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING
            val isTaken = call.keepUniqueKey || (isRunning && !call.freesKey)
            return if (isTaken) hosted.view(call.toStoredCall()) else null
        }

        override suspend fun liveOrderKeys(keys: Set<String>): Set<String> =
            coroutineScope {
                keys
                    .map { key -> async { key.takeIf { executions.isOpen(OrderWorkflow.idOf(it)) } } }
                    .awaitAll()
                    .filterNotNull()
                    .toSet()
            }

        override suspend fun errors(cid: String): List<AttemptError> =
            executions
                .find(cid)
                ?.errors
                .orEmpty()
                .map { it.toError() }

        override suspend fun awaitEnd(cid: String): Call = hosted.view(executions.ended(cid).toStoredCall())

        /** Not here: the server counts workflows, not handlers. */
        override suspend fun counts(): List<CallCount> =
            throw UnsupportedOperationException(
                "Temporal counts workflows, not calls by handler: temporal workflow count --query \"WorkflowType = 'reprise.Call'\", " +
                    "and by state with ExecutionStatus",
            )

        override suspend fun why(cid: String): Diagnosis = Diagnoses.of(cid, executions.find(cid), executions, hosted)

        /**
         * Cancels a call that has not ended; its worker cancels a running handler with its next heartbeat. Returns `REQUESTED` also for a call
         * that waits, if no worker confirms within a second that it is cancelled.
         */
        override suspend fun cancel(cid: String): CancelResult {
            val call = executions.look(cid) ?: return CancelResult.UNKNOWN
            if (!executions.signal(cid, "cancel")) return CancelResult.ENDED
            val isRunning = call.pendingActivitiesCount > 0
            return if (!isRunning && executions.isCancelledWithin(cid, CONFIRMED_WITHIN)) CancelResult.CANCELLED else CancelResult.REQUESTED
        }

        /** Makes a call due now that waits for a later attempt. Returns false if there is no such call, or it has ended. */
        public suspend fun retryNow(cid: String): Boolean = executions.signal(cid, "retryNow")

        /** Makes a call due at [at] that waits, or at its deadline if that is earlier. Returns false if there is no such call, or it has ended. */
        public suspend fun reschedule(
            cid: String,
            at: Instant,
        ): Boolean = executions.signal(cid, "reschedule", at.toEpochMilli())

        /**
         * Gives a call another policy. The attempts so far still count, what else the old policy remembered does not. Returns false if there
         * is no such call, or it has ended.
         *
         * @throws IllegalStateException if [policy] holds code.
         */
        public suspend fun policy(
            cid: String,
            policy: RetryPolicy,
        ): Boolean = executions.signal(cid, "policy", policy.notation())

        /** Returns the oldest dead calls that match [filter], at most [limit]: those that the visibility of the server knows by now. */
        override suspend fun deadCalls(
            limit: Int,
            filter: (Call) -> Boolean,
        ): List<Call> {
            require(limit > 0) { "limit must be positive, but was $limit" }
            return dead(filter).take(limit).toList()
        }

        private fun dead(filter: (Call) -> Boolean): Flow<Call> =
            DeadCalls(client).cids().mapNotNull { cid -> find(cid)?.takeIf { it.state == CallState.DEAD && filter(it) } }

        /**
         * Makes the dead call [cid] ready again, with a fresh policy: a new run of its workflow. Returns `NOT_DEAD` also if there is no such
         * call.
         */
        public suspend fun replay(cid: String): ReplayResult {
            val dead = executions.find(cid)?.takeIf { it.state == CallState.DEAD.name } ?: return ReplayResult.NOT_DEAD
            val again =
                hosted
                    .replayed(
                        dead.toStoredCall(),
                        clock.millis(),
                        isHeld = dead.orderKey != null,
                    ).toRecord(dead.errors, dead.endings)
            again.uniqueKey?.let {
                if (hold(again) != cid) return ReplayResult.KEY_TAKEN
                executions.signal(KeyWorkflow.idOf(it), "held")
            }
            executions.start(again, WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY)
            again.orderKey?.let { executions.join(it, cid) }
            return ReplayResult.REPLAYED
        }

        /** Replays the dead calls that match [filter], one by one: those that the visibility of the server knows by now. */
        override suspend fun replay(
            dryRun: Boolean,
            filter: (Call) -> Boolean,
        ): Map<String, ReplayResult> {
            val done = LinkedHashMap<String, ReplayResult>()
            dead(filter).collect { done[it.cid] = if (dryRun) ReplayResult.REPLAYED else replay(it.cid) }
            return done
        }

        /** Lets the calls behind the dead call [cid] run. Returns false if there is no such call, it is not dead, or it has no order. */
        public suspend fun unblock(cid: String): Boolean {
            val dead = executions.find(cid)?.takeIf { it.state == CallState.DEAD.name } ?: return false
            val orderKey = dead.orderKey ?: return false
            return executions.signal(OrderWorkflow.idOf(orderKey), "ended", cid, false)
        }

        /** Not here: the namespace decides how long workflows are kept. */
        override suspend fun discard(
            dryRun: Boolean,
            filter: (Call) -> Boolean,
        ): List<String> =
            throw UnsupportedOperationException(
                "the retention of the namespace deletes dead calls: unblock(cid) lets those behind one run, " +
                    "temporal workflow delete --workflow-id <cid> deletes one early",
            )

        /** Not here: a task queue has no pause that all workers see. */
        override suspend fun pause(lane: String): Unit =
            throw UnsupportedOperationException("a task queue has no pause that lasts: stop the workers that serve the lane '$lane'")

        /** Not here, as [pause]. */
        override suspend fun resume(lane: String): Unit =
            throw UnsupportedOperationException("a task queue has no pause that lasts: start workers that serve the lane '$lane'")

        /** Completes the futures that wait for calls. The client stays open, and so do the workers. */
        override fun close(): Unit = futures.close()

        override fun toString(): String = "TemporalCallQueue($taskQueue)"

        private companion object {
            val CONFIRMED_WITHIN: Duration = Duration.ofSeconds(1)
        }
    }

/** True if it has ended and its unique key is free, or will be in a moment. */
private val CallRecord.freesKey: Boolean get() = uniqueForMillis == 0L && state?.let { CallState.valueOf(it).isEnd } == true
