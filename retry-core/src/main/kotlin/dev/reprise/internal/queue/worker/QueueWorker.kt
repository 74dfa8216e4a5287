package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.Deadline
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.StoreClock
import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.events.QueueLogs
import dev.reprise.internal.queue.operate.PulseCounter
import dev.reprise.internal.queue.operate.describe
import dev.reprise.internal.util.Abandonment
import dev.reprise.internal.util.counted
import dev.reprise.internal.util.workerThreads
import dev.reprise.queue.event.CancelCause
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** The background of a started queue, from `start` to `shutdown`. */
internal class QueueWorker(
    queue: CallQueue,
    val settings: QueueSettings,
    val store: CallStore,
    endings: CompletionWaiters,
    val events: QueueEvents,
) {
    val access = StoreAccess(store, events)
    val settlements = Settlements(settings)
    val running = RunningCalls()

    /** The id of the running call that one more crash would end: no other such call runs at the same time. */
    val suspect = AtomicReference<String?>()

    /** Settlements that came too late. */
    val stale: AtomicLong get() = writer.stale
    val inFlight = InFlightCalls()
    private val pulses = if (settings.pulse) PulseCounter() else null
    private val writer = SettlementWriter(settings, access, settlements, endings, events, pulses)
    val leases =
        LeaseKeeper(
            access,
            settings.workerName,
            settings.isNamed,
            settings.leaseTimes,
            inFlight.count,
            { executor.hung },
            onLost = ::leaseLost,
            onCancel = ::cancelRequested,
            onPaused = { paused -> lanes.values.forEach { if (it.name in paused) it.pause() } },
            onOpened = ::describe,
        )
    val storeClock = StoreClock(store.clock, settings.leaseTimes)
    val reconciler = ClaimReconciler(this)
    val executor: AttemptExecutor = AttemptExecutor(queue, settings, store.clock, settlements, running, events) { leases.holds(it.owner) }
    private val lanes = ConcurrentHashMap<String, LaneWorker>()
    val directDispatch = DirectDispatch(this)
    private val stop = CompletableDeferred<Duration>()
    private val id = UUID.randomUUID().toString()
    private val startedAt = store.clock.millis()

    /** How many callers currently make the first attempt of a call. */
    val firstAttempts = MutableStateFlow(0)

    /** True as soon as no further call is claimed. */
    val isStopping: Boolean get() = stop.isCompleted

    /** Where the worker runs: handlers and the application cannot block its threads. A clock of a test has time and threads of its own. */
    val threads: CoroutineContext =
        if (store.clock === CallClock.system) workerThreads("queue", THREADS) else EmptyCoroutineContext

    /** Runs until it is stopped, or its scope is cancelled; it releases its calls in either case. Handlers run in [handlerContext]. */
    suspend fun run(handlerContext: CoroutineContext) {
        val context = currentCoroutineContext()
        // Not children: the results of calls are written even if the caller is cancelled. All of them end below.
        val abandonment = Abandonment()
        val keeping = CoroutineScope(context + SupervisorJob() + abandonment).also { writer.rewriting = it }
        val attempts = CoroutineScope(context + SupervisorJob() + abandonment)
        // A handler that does not react to cancellation must not keep the others from ending.
        val handlers = CoroutineScope(handlerContext + SupervisorJob())
        val writing = keeping.launch { writer.run() }
        keeping.launch { keepMinutes() }
        val keeper = keeping.launch { leases.keep() }
        val watcher = keeping.launch { leases.watch() }
        val rescuer = keeping.launch { Rescuer(this@QueueWorker).run() }
        val cleaner = keeping.launch { Cleaner(this@QueueWorker).run() }
        val promoter = keeping.launch { Promoter(access).run() }
        val changes = store.onChange { isFor -> lanes.values.forEach { it.changed(isFor) } }
        val listener = keeping.launch { store.listen() }
        val claims = settings.lanes.map { lane -> laneOf(lane, attempts, handlers).let { keeping.launch { it.run() } } }
        var graceful: Deadline? = null
        try {
            val grace = stop.await()
            graceful = Deadline(store.clock, grace)
            wake()
            withTimeoutOrNull(grace) {
                claims.joinAll()
                awaitAttempts(attempts)
            }
        } finally {
            stop.complete(Duration.ZERO)
            withContext(NonCancellable + abandonment) {
                // A scope that was cancelled gives no grace.
                val deadline = graceful ?: Deadline(store.clock, Duration.ZERO)
                changes.close()
                val searches = claims + listOf(rescuer, cleaner, promoter)
                searches.forEach { it.cancel() }
                // All of this ends in time, even if the store does not respond: other workers take over what is left.
                deadline.await {
                    searches.joinAll()
                    directDispatch.awaitIdle()
                }
                lanes.values.forEach { it.releaseWaiting() }
                running.cancelAll(CancelCause.SHUTDOWN)
                deadline.await { awaitAttempts(attempts) }
                handlers.cancel()
                writer.close()
                deadline.await { writing.join() }
                endMinute()
                deadline.await { reconciler.releaseAll() }
                deadline.await { writePulses() }
                watcher.cancel()
                keeper.cancel()
                deadline.await { leases.close() }
                // Last: with it go the locks that prove that this worker lives.
                listener.cancel()
                deadline.await { listener.join() }
                abandonment.abandon()
                attempts.cancel()
                keeping.cancel()
            }
        }
    }

    private suspend fun awaitAttempts(attempts: CoroutineScope) {
        checkNotNull(attempts.coroutineContext[Job]).children.forEach { it.join() }
        firstAttempts.first { it == 0 }
    }

    private fun laneOf(
        lane: String,
        attempts: CoroutineScope,
        handlers: CoroutineScope,
    ) = lanes.getOrPut(lane) { LaneWorker(lane, this, attempts, handlers) }

    /** The lane of the handler that is registered here as [name]; null if none is. */
    fun laneOfHandler(name: String): LaneWorker? = settings.handlers[name]?.let { lanes[it.lane] }

    /** How many calls of [lane] this worker has. */
    fun inFlightIn(lane: String): Int = lanes[lane]?.inFlight ?: 0

    /** The call [cid] is to be cancelled, if this worker has it. */
    fun cancelRequested(cid: String) {
        if (inFlight.has(cid)) running.cancelRequested(cid)
    }

    /** The lane [name] is paused. */
    fun paused(name: String) {
        lanes[name]?.pause()
    }

    fun wake() {
        lanes.values.forEach { it.wake() }
    }

    /** The last response of the store was lost: the lanes find out what it did. */
    fun responseLost() {
        access.responseLost()
        wake()
    }

    /** Stops claims; running handlers get [grace] to end. */
    fun stop(grace: Duration) {
        stop.complete(grace)
    }

    /** Claims calls for a lane; null if the store does not respond. */
    suspend fun claim(
        lane: String,
        handlers: Map<String, Int>,
        limit: Int,
        looksFirst: Boolean,
    ): ClaimResult? {
        var asked = 0L
        val claimed =
            access.orNull {
                val nonce = leases.fresh()
                asked = store.clock.millis()
                claim(ClaimRequest(nonce, lane, handlers, limit, looksFirst))
            } ?: return null
        events.time.learn(claimed.now, asked)
        claimed.calls.forEach {
            inFlight.add(it.cid, checkNotNull(it.claim))
            events.claimed(it)
        }
        return claimed
    }

    /**
     * Records that an attempt starts, if a crash would otherwise be attributed to no call; false if it must not start, because that failed.
     */
    suspend fun recordStart(claimed: ClaimedCall): Boolean =
        !settlements.hasCrashed(claimed.call, claimed.now) || access.orNull { recordStart(claimed.call) } == true

    /**
     * Writes [settlement], about [now] on the clock of the store; calls [onSettled] with the result, or null if it was rejected and a failure
     * replaces it. The call was taken over from the dead worker [takenFrom], if that is set.
     */
    suspend fun settle(
        settlement: Settlement,
        now: Long,
        takenFrom: String? = null,
        onSettled: (SettleResult?) -> Unit,
    ) {
        writer.write(settlement, now, takenFrom) { result ->
            inFlight.remove(settlement.call.cid, settlement.call.claim)
            running.forget(settlement.call.cid)
            onSettled(result)
        }
    }

    private fun leaseLost(heldForMillis: Long) {
        val handlers = running.count
        running.cancelAll(CancelCause.LEASE_LOST)
        QueueLogs.workers.log(System.Logger.Level.ERROR) {
            "the lease of the worker '${settings.workerName}' is over, ${heldForMillis.milliseconds} after its last renewal; " +
                "${counted(handlers, "handler")} cancelled; other workers take over its calls"
        }
        events.leaseLost(inFlight.count.value)
    }

    private suspend fun keepMinutes() {
        while (true) {
            delay(1.minutes)
            endMinute()
        }
    }

    private fun endMinute() {
        writer.log.endMinute()
        access.endMinute()
    }

    /** Writes what was counted since the last time; what the store does not take is written the next time. */
    suspend fun writePulses() {
        val counted = pulses?.changed().orEmpty()
        if (counted.isNotEmpty() && access.orNull { operations.putPulses(id, counted) } != null) pulses?.written(counted)
    }

    /** Describes this worker to the store, for lists; the lease does not depend on it. */
    suspend fun describe(nonce: String) {
        val info = settings.describe(nonce, startedAt, inFlight.count.value, executor.hung)
        access.orNull { operations.describe(info) }
    }

    private companion object {
        const val THREADS = 2
    }
}
