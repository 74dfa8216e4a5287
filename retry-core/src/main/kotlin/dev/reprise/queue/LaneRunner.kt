package dev.reprise.queue

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Claims the calls of one lane and runs them, as many at a time as the lane and their handlers allow.
 *
 * Calls are claimed in batches, ahead of need by what the lane does in [AHEAD_MILLIS]: handlers that take long leave their calls to other
 * workers, handlers that take no time get a hundred at once.
 */
internal class LaneRunner(
    private val lane: String,
    private val engine: QueueEngine,
) {
    private val options = engine.queue.options
    private val clock = engine.queue.store.clock
    private val concurrency = options.concurrencyOf(lane)
    private val signal = Channel<Unit>(Channel.CONFLATED)
    private val waiting = ArrayDeque<ClaimedCall>()
    private val busy = AtomicInteger()
    private val busyByHandler = ConcurrentHashMap<String, AtomicInteger>()

    /** What was claimed and is not settled yet, by id. */
    private val inHand = ConcurrentHashMap<String, Claim>()

    /** The failures of the store up to which it is known what this lane has claimed. */
    private var sureUpTo = 0L

    /** How long an attempt takes, in nanoseconds, smoothed; negative before the first has ended. */
    private val pace = AtomicLong(-1)
    private var turn = 0

    /**
     * When the last claim was made, if it brought something and not all it could: the next one waits a moment, to bring more. A queue that
     * was idle gives at once.
     */
    private var lastShort: TimeMark? = null

    /** Looks for something to do. */
    fun wake() {
        signal.trySend(Unit)
    }

    /** Runs each attempt in [attempts] and its handler in [handlers]. */
    suspend fun run(
        attempts: CoroutineScope,
        handlers: CoroutineScope,
    ) {
        while (!engine.isStopping) {
            currentCoroutineContext().ensureActive()
            startWaiting(attempts, handlers)
            val wait = claim()
            if (wait.isPositive()) withTimeoutOrNull(wait) { signal.receive() }
        }
        releaseWaiting()
    }

    /** Starts what was claimed, as far as there is room for it. */
    private fun startWaiting(
        attempts: CoroutineScope,
        handlers: CoroutineScope,
    ) {
        val calls = waiting.iterator()
        while (busy.get() < concurrency && calls.hasNext()) {
            val claimed = calls.next()
            if (!hasRoom(claimed.call.handler)) continue
            calls.remove()
            busy.incrementAndGet()
            busyOf(claimed.call.handler).incrementAndGet()
            attempts.launch { attempt(claimed, handlers) }
        }
    }

    private suspend fun attempt(
        claimed: ClaimedCall,
        handlers: CoroutineScope,
    ) {
        val begun = System.nanoTime()
        val settlement =
            try {
                engine.runner.run(claimed, handlers)
            } finally {
                busy.decrementAndGet()
                busyOf(claimed.call.handler).decrementAndGet()
                engine.suspect.compareAndSet(claimed.call.cid, null)
            }
        learn(System.nanoTime() - begun)
        settle(settlement, claimed)
        wake()
    }

    private suspend fun settle(
        settlement: Settlement,
        claimed: ClaimedCall,
    ) {
        engine.settle(settlement, claimed.now) {
            inHand.remove(settlement.call.cid, settlement.call.claim)
            wake()
        }
    }

    private fun learn(nanos: Long) {
        pace.updateAndGet { if (it < 0) nanos else (it * 7 + nanos) / 8 }
    }

    /** Claims what there is room for; returns how long to wait for a signal before the next time. */
    private suspend fun claim(): Duration {
        val limit = room()
        if (limit <= 0) return Duration.INFINITE
        val wanted = wantedHandlers(limit)
        if (wanted.isEmpty()) return Duration.INFINITE
        val tooSoon = lastShort?.let { BETWEEN_CLAIMS - it.elapsedNow() } ?: Duration.ZERO
        if (tooSoon.isPositive()) return tooSoon
        if (!isSure()) return options.pollInterval
        val localNow = clock.millis()
        val claimed = engine.claim(lane, wanted, limit) ?: return options.pollInterval
        for (call in claimed.calls) {
            inHand[call.cid] = checkNotNull(call.claim)
            take(ClaimedCall(call, claimed.now, localNow, clock))
        }
        lastShort = if (engine.queue.store.isShared && claimed.calls.size in 1 until limit) TimeSource.Monotonic.markNow() else null
        if (claimed.calls.isNotEmpty()) return Duration.ZERO
        // What is due and was not given is in other hands at this moment.
        val due = claimed.nextDueMillis?.let { maxOf(it, SHORTEST_WAIT_MILLIS).milliseconds } ?: Duration.INFINITE
        return if (engine.queue.store.isShared) minOf(due, options.pollInterval) else due
    }

    /**
     * What was claimed ahead and not begun dies with the worker all the same. A call that the next death would end is therefore begun at
     * once and alone among its kind, or given back: what kills workers ends alone.
     */
    private suspend fun take(claimed: ClaimedCall) {
        val call = claimed.call
        if (!engine.verdicts.isSuspect(call, claimed.now)) {
            waiting += claimed
        } else if (busy.get() < concurrency && hasRoom(call.handler) && engine.suspect.compareAndSet(null, call.cid)) {
            waiting.addFirst(claimed)
        } else {
            settle(engine.verdicts.postponed(call), claimed)
        }
    }

    /**
     * A claim whose answer was lost may have been made all the same: its calls would wait for this worker for ever, and nobody else takes
     * them while its lease is valid. They are given back before the next claim.
     */
    private suspend fun isSure(): Boolean {
        val failures = engine.access.failures.get()
        if (failures == sureUpTo) return true
        val owner = engine.leases.nonce
        val claims = if (owner == null) emptyList() else engine.access.orNull { claimsOf(owner) } ?: return false
        for (call in claims.filter { options.handlers[it.handler]?.lane == lane && !engine.hasInHand(it) && inHand[it.cid] != it.claim }) {
            engine.settle(engine.verdicts.released(call), call.claim?.at ?: 0, isOwn = false) {}
        }
        sureUpTo = failures
        return true
    }

    /** A claim for one or two calls is as dear as one for a hundred, so ahead of need it waits until half of the room is free. */
    private fun room(): Int {
        val ahead = ahead()
        // What is done and only waits to be written keeps nothing from being claimed, within reason.
        val free = minOf(concurrency + ahead - waiting.size - busy.get(), concurrency + ahead * UNWRITTEN - inHand.size)
        return if (waiting.isEmpty() || free * 2 >= ahead) minOf(free, LARGEST) else 0
    }

    private fun ahead(): Int {
        val nanos = pace.get()
        if (nanos < 0) return 0
        return minOf(concurrency * AHEAD_MILLIS * 1_000_000 / maxOf(nanos, 1), LARGEST.toLong()).toInt()
    }

    /** Each turn begins with another handler, so that none starves. */
    private fun wantedHandlers(limit: Int): Map<String, Int> {
        val all = options.handlers.values.filter { it.lane == lane }
        val first = turn++.mod(all.size)
        val wanted = LinkedHashMap<String, Int>()
        for (handler in all.drop(first) + all.take(first)) {
            val queued = waiting.count { it.call.handler == handler.target.name }
            val free = if (handler.concurrency == Int.MAX_VALUE) limit else handler.concurrency - busyOf(handler.target.name).get() - queued
            if (free > 0) wanted[handler.target.name] = minOf(free, limit)
        }
        return wanted
    }

    private fun hasRoom(handler: String) = busyOf(handler).get() < (options.handlers[handler]?.concurrency ?: 1)

    private fun busyOf(handler: String) = busyByHandler.getOrPut(handler) { AtomicInteger() }

    /** Gives back what was claimed and not begun. */
    suspend fun releaseWaiting() {
        while (true) {
            val claimed = waiting.removeFirstOrNull() ?: return
            engine.suspect.compareAndSet(claimed.call.cid, null)
            settle(engine.verdicts.released(claimed.call), claimed)
        }
    }

    private companion object {
        const val AHEAD_MILLIS = 100L
        const val LARGEST = 200
        const val UNWRITTEN = 4
        const val SHORTEST_WAIT_MILLIS = 5L
        val BETWEEN_CLAIMS = 10.milliseconds
    }
}
