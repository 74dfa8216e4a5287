package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.Callbacks
import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.PayloadException
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
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** One started queue: what runs in the background, from `start` to `shutdown`. */
internal class QueueWorker(
    val queue: RetryQueue,
    private val endings: CompletionWaiters,
) {
    val access = StoreAccess(queue.store)
    val verdicts = Settlements(queue.options.random)
    val running = RunningCalls()

    /** The id of the call that runs although one more crash would end it: no other such call runs meanwhile. */
    val suspect = AtomicReference<String?>()

    /** Settlements that came too late: others had the call by then. */
    val stale = AtomicLong()
    val inHand = InFlightCalls()
    private val batcher = SettlementBatcher(access, ::tellStale)
    val leases =
        LeaseKeeper(
            access,
            queue.options.workerName,
            inHand.count,
            onLost = { running.cutAll(CancelCause.LEASE_LOST) },
            onCancel = { running.cut(it, CancelCause.CANCELLED) },
        )
    val lost = ClaimReconciler(this)
    val runner = AttemptExecutor(queue, verdicts, running, isHeld = { leases.holds(it.owner) })
    private val lanes = ConcurrentHashMap<String, LaneWorker>()
    val shortcut = DirectDispatch(this)
    private val stop = CompletableDeferred<Duration>()

    /** How many callers make the first attempt of a call themselves. */
    val firstAttempts = MutableStateFlow(0)

    /** Where ends are written that the store has refused once. */
    @Volatile
    private var rewriting: CoroutineScope? = null

    /** True as soon as no further call is claimed. */
    val isStopping: Boolean get() = stop.isCompleted

    /** Runs until it is told to stop, or its scope is cancelled; the calls it has are given back in either case. */
    suspend fun run() {
        val context = currentCoroutineContext()
        // No children: what writes the ends of calls has to outlive the cancellation of the caller. All of it ends below.
        val keeping = CoroutineScope(context + SupervisorJob()).also { rewriting = it }
        val attempts = CoroutineScope(context + SupervisorJob())
        // A handler that does not react to being cancelled keeps none of the others from ending.
        val handlers = CoroutineScope(context + SupervisorJob())
        val writer = keeping.launch { batcher.run() }
        val keeper = keeping.launch { leases.keep() }
        val watcher = keeping.launch { leases.watch() }
        val rescuer = keeping.launch { Rescuer(this@QueueWorker).run() }
        val changes = queue.store.onChange { lanes.values.forEach { it.changed() } }
        val listener = keeping.launch { queue.store.listen() }
        val claims = queue.options.lanes.map { lane -> laneOf(lane, attempts, handlers).let { keeping.launch { it.run() } } }
        try {
            val grace = stop.await()
            wake()
            claims.joinAll()
            withTimeoutOrNull(grace) { awaitAttempts(attempts) }
        } finally {
            stop.complete(Duration.ZERO)
            withContext(NonCancellable) {
                changes.close()
                withTimeoutOrNull(LAST_WORDS) { listener.cancelAndJoin() }
                claims.forEach { it.cancelAndJoin() }
                rescuer.cancelAndJoin()
                withTimeoutOrNull(LAST_WORDS) { shortcut.awaitIdle() }
                lanes.values.forEach { it.releaseWaiting() }
                running.cutAll(CancelCause.SHUTDOWN)
                withTimeoutOrNull(LAST_WORDS) { awaitAttempts(attempts) }
                handlers.cancel()
                batcher.close()
                withTimeoutOrNull(LAST_WORDS) { writer.join() }
                withTimeoutOrNull(LAST_WORDS) { lost.giveBackAll() }
                watcher.cancelAndJoin()
                keeper.cancelAndJoin()
                withTimeoutOrNull(LAST_WORDS) { leases.leave() }
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
    fun laneOfHandler(name: String): LaneWorker? = queue.options.handlers[name]?.let { lanes[it.lane] }

    fun wake() {
        lanes.values.forEach { it.wake() }
    }

    /** What the store was told last has no answer that anybody knows: the lanes find out. */
    fun lostAnswer() {
        access.lostAnswer()
        wake()
    }

    /** Claims no more, gives what runs [grace] to end. */
    fun stop(grace: Duration) {
        stop.complete(grace)
    }

    /** Calls for a lane; null if the store does not answer. */
    suspend fun claim(
        lane: String,
        handlers: Map<String, Int>,
        limit: Int,
    ): ClaimResult? {
        val claimed = access.orNull { claim(ClaimRequest(leases.fresh(), lane, handlers, limit)) } ?: return null
        claimed.calls.forEach { inHand.add(it.cid, checkNotNull(it.claim)) }
        return claimed
    }

    /**
     * Has [settlement] written, about [now] on the clock of the store; [onSettled] is told the result, or null if it was refused and a failure
     * stands in its place.
     */
    suspend fun settle(
        settlement: Settlement,
        now: Long,
        onSettled: (SettleResult?) -> Unit,
    ) {
        val done = { result: SettleResult? ->
            inHand.remove(settlement.call.cid, settlement.call.claim)
            onSettled(result)
        }
        submit(settlement, now) { result ->
            val again = rewriting?.takeIf { result == null }
            if (again == null) done(result) else again.launch { submit(refused(settlement, now), now) { done(null) } }
        }
    }

    /** What the store cannot hold counts as a failure, told in words that it can hold. */
    private fun refused(
        settlement: Settlement,
        now: Long,
    ): Settlement {
        val failure = PayloadException("the store refused what the call ended with")
        return verdicts.failed(settlement.call, failure, settlement.handlerVersion, now)
    }

    private suspend fun submit(
        settlement: Settlement,
        now: Long,
        onWritten: (SettleResult?) -> Unit,
    ) {
        val hears = settlement.call.order.callbacks
        val complete = if (settlement.to.isEnd && hears.any()) withCallbacks(settlement, now) else settlement
        batcher.submit(complete) {
            if (it == SettleResult.ACCEPTED && complete.to.isEnd) endings.tell(complete.call.cid)
            onWritten(it)
        }
    }

    private suspend fun withCallbacks(
        settlement: Settlement,
        now: Long,
    ): Settlement {
        val counters = settlement.call.counters
        val hasErrors = counters.failures > 0 || counters.crashes > 0
        val earlier = if (hasErrors) access.patiently { errors(settlement.call.cid) } else emptyList()
        return Callbacks.attach(settlement, earlier, now, queue.options.policy)
    }

    private fun tellStale(settlement: Settlement) {
        stale.incrementAndGet()
        queueLog.log(System.Logger.Level.DEBUG) {
            "call ${settlement.call.cid} was no longer this claim's when it ended as ${settlement.to}; nothing was written"
        }
    }

    private companion object {
        /** What the store is given to take the last settlements; after that others rescue the calls. */
        val LAST_WORDS = 10.seconds
    }
}
