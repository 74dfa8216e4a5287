package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.Settlement
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Claims the calls of one lane, in batches, and runs them, as many at a time as the lane and their handlers allow: each attempt in
 * [attempts] and its handler in [handlers].
 */
internal class LaneWorker(
    val name: String,
    private val engine: QueueWorker,
    private val attempts: CoroutineScope,
    private val handlers: CoroutineScope,
) {
    private val options = engine.queue.options
    private val clock = engine.queue.store.clock
    private val isShared = engine.queue.store.isShared
    private val room = LaneCapacity(options.concurrencyOf(name)) { options.handlers[it]?.concurrency ?: 1 }
    private val signal = Channel<Unit>(Channel.CONFLATED)
    private val waiting = ArrayDeque<ClaimedCall>()

    /** Calls that were enqueued here as claimed. */
    private val given = ConcurrentLinkedQueue<ClaimedCall>()

    private val backlog = Backlog(clock)

    /** The failures of the store up to which it is known what this lane has claimed. */
    @Volatile
    private var sureUpTo = 0L
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

    /** The store may have something to claim. */
    fun changed() {
        backlog.changed()
        wake()
    }

    /** Takes the room of a call of [handler] that is about to be enqueued as claimed; false if others come first, or there is none. */
    fun tryReserve(handler: String): Boolean = backlog.mayBeOvertaken() && room.tryAdd(handler)

    /** The call for which room was taken does not come. */
    fun giveUp(handler: String) {
        room.remove(handler)
        room.settled()
        wake()
    }

    /** The call for which room was taken has come. */
    fun give(claimed: ClaimedCall) {
        if (!engine.isStopping && tryBegin(claimed)) return
        given += claimed
        wake()
    }

    /** Until the queue stops. */
    suspend fun run() {
        while (!engine.isStopping) {
            currentCoroutineContext().ensureActive()
            startWaiting()
            val wait = claim()
            if (wait.isPositive()) withTimeoutOrNull(wait) { signal.receive() }
        }
        releaseWaiting()
    }

    /** Starts what was taken, as far as there is room for it. */
    private fun startWaiting() {
        takeGiven()
        val calls = waiting.iterator()
        while (calls.hasNext()) {
            if (tryBegin(calls.next())) calls.remove()
        }
    }

    private fun tryBegin(claimed: ClaimedCall): Boolean =
        room.tryBegin(claimed.call.handler).also { if (it) attempts.launch { attempt(claimed) } }

    private fun takeGiven() {
        while (true) waiting += given.poll() ?: return
    }

    private suspend fun attempt(claimed: ClaimedCall) {
        val begun = System.nanoTime()
        val settlement =
            try {
                engine.runner.run(claimed, handlers)
            } finally {
                room.end(claimed.call.handler, System.nanoTime() - begun)
                engine.suspect.compareAndSet(claimed.call.cid, null)
            }
        settle(settlement, claimed)
        wakeForMore()
    }

    private suspend fun settle(
        settlement: Settlement,
        claimed: ClaimedCall,
    ) {
        engine.settle(settlement, claimed.now) {
            room.settled()
            wakeForMore()
        }
    }

    /** There is more room: that matters if something waits for it. */
    private fun wakeForMore() {
        if (room.isAwaited() || !idleFor().isPositive()) wake()
    }

    /** For how long nothing can be claimed, or given back, as far as is known. */
    private fun idleFor() = if (engine.access.failures.get() == sureUpTo) backlog.emptyFor() else Duration.ZERO

    /** Claims what there is room for; returns how long to wait for a signal before the next time. */
    private suspend fun claim(): Duration {
        val idle = idleFor()
        if (idle.isPositive()) return idle
        val limit = room.forClaim()
        if (limit <= 0) return Duration.INFINITE
        val wanted = wantedHandlers(limit)
        if (wanted.isEmpty()) return Duration.INFINITE
        val tooSoon = lastShort?.let { BETWEEN_CLAIMS - it.elapsedNow() } ?: Duration.ZERO
        if (tooSoon.isPositive()) return tooSoon
        if (!isSure()) return options.pollInterval
        return claim(wanted, limit)
    }

    private suspend fun claim(
        wanted: Map<String, Int>,
        limit: Int,
    ): Duration {
        val localNow = clock.millis()
        val changes = backlog.changes
        val claimed = engine.claim(name, wanted, limit) ?: return options.pollInterval
        for (call in claimed.calls) {
            room.add(call.handler)
            take(ClaimedCall(call, claimed.now, localNow, clock))
        }
        lastShort = if (isShared && claimed.calls.size in 1 until limit) TimeSource.Monotonic.markNow() else null
        val wait = untilNext(claimed)
        if (hasLeftNothing(claimed, wanted, limit)) backlog.leftNothing(changes, localNow, wait)
        return if (claimed.calls.isEmpty()) wait else Duration.ZERO
    }

    private fun untilNext(claimed: ClaimResult): Duration {
        if (claimed.calls.isNotEmpty()) return if (isShared) BETWEEN_CLAIMS else Duration.ZERO
        // What is due and was not given is in other hands at this moment.
        val due = claimed.nextDueMillis?.let { maxOf(it, SHORTEST_WAIT_MILLIS).milliseconds } ?: Duration.INFINITE
        return if (isShared) minOf(due, options.pollInterval) else due
    }

    private fun hasLeftNothing(
        claimed: ClaimResult,
        wanted: Map<String, Int>,
        limit: Int,
    ): Boolean {
        val brought = claimed.calls.groupingBy { it.handler }.eachCount()
        return claimed.calls.size < limit && registered.all { (brought[it.target.name] ?: 0) < (wanted[it.target.name] ?: 0) }
    }

    /**
     * What was claimed ahead and not begun dies with the worker all the same. A call that the next death would end is therefore begun at
     * once and alone among its kind, or given back: what kills workers ends alone.
     */
    private suspend fun take(claimed: ClaimedCall) {
        val call = claimed.call
        if (!engine.verdicts.isSuspect(call, claimed.now)) {
            waiting += claimed
        } else if (room.couldBegin(call.handler) && engine.suspect.compareAndSet(null, call.cid)) {
            waiting.addFirst(claimed)
        } else {
            release(engine.verdicts.postponed(call), claimed)
        }
    }

    private suspend fun release(
        settlement: Settlement,
        claimed: ClaimedCall,
    ) {
        room.remove(claimed.call.handler)
        settle(settlement, claimed)
    }

    /** Where an answer of the store was lost, what it may have been about is given back before the next claim. */
    private suspend fun isSure(): Boolean {
        val failures = engine.access.failures.get()
        if (failures == sureUpTo) return true
        if (!engine.lost.giveBack(name)) return false
        sureUpTo = failures
        return true
    }

    private val registered get() = options.handlers.values.filter { it.lane == name }

    /** Each turn begins with another handler, so that none starves. */
    private fun wantedHandlers(limit: Int): Map<String, Int> {
        val all = registered
        val first = turn++.mod(all.size)
        val wanted = LinkedHashMap<String, Int>()
        for (handler in all.drop(first) + all.take(first)) {
            val free = room.of(handler.target.name, limit)
            if (free > 0) wanted[handler.target.name] = free
        }
        return wanted
    }

    /** Gives back what was taken and not begun. */
    suspend fun releaseWaiting() {
        takeGiven()
        while (true) {
            val claimed = waiting.removeFirstOrNull() ?: return
            engine.suspect.compareAndSet(claimed.call.cid, null)
            release(engine.verdicts.released(claimed.call), claimed)
        }
    }

    private companion object {
        const val SHORTEST_WAIT_MILLIS = 5L
        val BETWEEN_CLAIMS = 10.milliseconds
    }
}
