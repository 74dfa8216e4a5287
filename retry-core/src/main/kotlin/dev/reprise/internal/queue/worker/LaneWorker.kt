package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.NANOS_PER_MILLI
import dev.reprise.queue.spi.Settlement
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import java.util.function.Predicate
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds

/**
 * Claims the calls of one lane in batches and runs them, as many at a time as the lane and their handlers allow: each attempt in
 * [attempts] and its handler in [handlers].
 */
internal class LaneWorker(
    val name: String,
    private val worker: QueueWorker,
    private val attempts: CoroutineScope,
    private val handlers: CoroutineScope,
) {
    private val options = worker.settings
    private val clock = worker.store.clock
    private val isShared = worker.store.isShared
    private val room = LaneCapacity(options.concurrencyOf(name)) { options.handlers[it]?.concurrency ?: 1 }
    private val signal = Channel<Unit>(Channel.CONFLATED)
    private val waiting = WaitingCalls(clock)
    private val backlog = Backlog(clock)

    /** The number of lost responses up to which the claims of this lane are known. */
    @Volatile
    private var sureUpTo = 0L
    private var turn = 0

    /** True if nothing says that a call is due: the last look found none, its time is over, and no change was reported. */
    private var isPoll = false

    /** True from a pause of the lane until its waiting calls are released; none of them starts meanwhile. */
    @Volatile
    private var isPaused = false

    /**
     * When the last claim was made, in [nanos], if it returned some calls, but fewer than its limit: the next one waits a moment, to return more.
     */
    private var lastShort: Long? = null

    /** How many calls it has: waiting here, running, or being written. */
    val inFlight: Int get() = room.inFlight

    /** Checks for something to do. */
    fun wake() {
        signal.trySend(Unit)
    }

    /** The store can have something to claim for the handlers that [isFor] accepts. */
    fun changed(isFor: Predicate<String>) {
        if (registered.none { isFor.test(it.target.name) }) return
        backlog.changed()
        wake()
    }

    /** The lane is paused: what waits here is released. */
    fun pause() {
        isPaused = true
        wake()
    }

    /** Reserves room for a call of [handler] that is about to be enqueued as claimed; false if others come first, or there is none. */
    fun tryReserve(handler: String): Boolean = backlog.mayBeOvertaken() && room.tryAdd(handler)

    /** The call for which room was reserved is not coming. */
    fun cancelReservation(handler: String) {
        room.remove(handler)
        room.settled()
        wake()
    }

    /** The call for which room was reserved is here. */
    fun dispatch(claimed: ClaimedCall) {
        if (!worker.isStopping && tryStart(claimed)) return
        waiting.dispatch(claimed)
        wake()
    }

    /** Until the queue stops. */
    suspend fun run() {
        while (!worker.isStopping) {
            currentCoroutineContext().ensureActive()
            releaseLate()
            waiting.startEach(::tryStartSuspect, ::tryStart)
            val wait = minOf(claim(), waiting.untilTooOld())
            isPoll = wait.isPositive() && withTimeoutOrNull(wait) { signal.receive() } == null && wait >= options.pollInterval
        }
        releaseWaiting()
    }

    /** What waits for too long, or for a lane that was paused, is left to other workers, and claimed with less foresight. */
    private suspend fun releaseLate() {
        val all = isPaused
        val late = waiting.removeCalls(all)
        if (late.isNotEmpty() && !all) room.slowDown()
        late.forEach { release(worker.settlements.released(it.call), it) }
        waiting.removeSuspects(all).forEach { settle(worker.settlements.postponed(it.call), it) }
        if (all) isPaused = false
    }

    private fun tryStart(claimed: ClaimedCall): Boolean =
        (!isPaused && room.tryStart(claimed.call.handler)).also { if (it) attempts.launch { attempt(claimed) } }

    /** A suspect runs alone: what kills workers ends alone. */
    private fun tryStartSuspect(claimed: ClaimedCall): Boolean {
        val handler = claimed.call.handler
        if (!room.canStart(handler) || !worker.suspect.compareAndSet(null, claimed.call.cid)) return false
        room.restore(handler)
        return tryStart(claimed).also { if (!it) setAside(claimed) }
    }

    private fun setAside(claimed: ClaimedCall) {
        room.remove(claimed.call.handler)
        worker.suspect.compareAndSet(claimed.call.cid, null)
    }

    private suspend fun attempt(claimed: ClaimedCall) {
        val started = nanos()
        val settlement =
            try {
                if (worker.recordStart(claimed)) worker.executor.run(claimed, handlers) else worker.settlements.postponed(claimed.call)
            } finally {
                room.end(claimed.call.handler, nanos() - started)
                if (worker.suspect.compareAndSet(claimed.call.cid, null)) worker.wake()
            }
        settle(settlement, claimed)
        wakeForMore()
    }

    private suspend fun settle(
        settlement: Settlement,
        claimed: ClaimedCall,
    ) {
        worker.settle(settlement, claimed.now) {
            room.settled()
            wakeForMore()
        }
    }

    /** There is more room, which matters if something waits for it. */
    private fun wakeForMore() {
        if (room.isAwaited() || !idleFor().isPositive()) wake()
    }

    /** How long nothing can be claimed or released, as far as is known. */
    private fun idleFor() = if (worker.access.failures.get() == sureUpTo) backlog.emptyFor() else Duration.ZERO

    /** Claims calls as far as there is room; returns how long to wait for a signal before the next claim. */
    private suspend fun claim(): Duration {
        val idle = idleFor()
        if (idle.isPositive()) return idle
        val limit = room.forClaim()
        if (limit <= 0) return Duration.INFINITE
        val wanted = wantedHandlers(limit)
        if (wanted.isEmpty()) return Duration.INFINITE
        val tooSoon = lastShort?.let { BETWEEN_CLAIMS - (nanos() - it).nanoseconds } ?: Duration.ZERO
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
        val claimed = worker.claim(name, wanted, limit, isPoll) ?: return options.pollInterval
        room.brought(
            claimed.calls.size,
            claimed.calls.sumOf {
                it.request.payload.bytes.size
                    .toLong()
            },
        )
        for (call in claimed.calls) {
            room.add(call.handler)
            take(ClaimedCall(call, claimed.now, localNow, clock))
        }
        lastShort = if (isShared && claimed.calls.size in 1 until limit) nanos() else null
        val wait = untilNext(claimed)
        if (hasLeftNothing(claimed, wanted, limit)) backlog.leftNothing(changes, localNow, wait)
        return if (claimed.calls.isEmpty()) wait else Duration.ZERO
    }

    private fun untilNext(claimed: ClaimResult): Duration {
        if (claimed.calls.isNotEmpty()) return if (isShared) BETWEEN_CLAIMS else Duration.ZERO
        // Calls that are due and were not returned are locked by another worker at this moment.
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

    private fun take(claimed: ClaimedCall) {
        if (worker.settlements.isSuspect(claimed.call, claimed.now)) {
            room.remove(claimed.call.handler)
            waiting.addSuspect(claimed)
        } else {
            waiting.add(claimed)
        }
    }

    private suspend fun release(
        settlement: Settlement,
        claimed: ClaimedCall,
    ) {
        room.remove(claimed.call.handler)
        settle(settlement, claimed)
    }

    /** After a lost response of the store, the calls that it can have claimed are released before the next claim. */
    private suspend fun isSure(): Boolean {
        val failures = worker.access.failures.get()
        if (failures == sureUpTo) return true
        if (!worker.reconciler.release(name)) return false
        sureUpTo = failures
        return true
    }

    private val registered get() = options.handlers.values.filter { it.lane == name }

    /** Each turn starts with another handler, so that none starves. */
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

    /** Releases the calls that were claimed and not started. */
    suspend fun releaseWaiting() {
        waiting.removeCalls(all = true).forEach { release(worker.settlements.released(it.call), it) }
        waiting.removeSuspects(all = true).forEach { settle(worker.settlements.released(it.call), it) }
    }

    /** A test with a clock of its own measures the pace by it. */
    private fun nanos() = if (clock === CallClock.system) System.nanoTime() else clock.millis() * NANOS_PER_MILLI

    private companion object {
        const val SHORTEST_WAIT_MILLIS = 5L
        val BETWEEN_CLAIMS = 10.milliseconds
    }
}
