package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.LeaseTimes
import dev.reprise.queue.spi.LeaseRenewal
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.util.UUID
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration.Companion.milliseconds

/**
 * Keeps the lease of this worker: one row for all its calls. It is renewed while calls are in flight, and before a claim.
 */
internal class LeaseKeeper(
    private val access: StoreAccess,
    private val workerName: String,
    /** True if that name was set for this worker. */
    private val isNamed: Boolean,
    private val times: LeaseTimes,
    private val inFlight: StateFlow<Int>,
    private val hung: () -> Int,
    private val onLost: (heldForMillis: Long) -> Unit,
    private val onCancel: (String) -> Unit,
    private val onPaused: (Set<String>) -> Unit,
    private val onOpened: suspend (nonce: String) -> Unit,
) {
    private class Lease(
        val nonce: String,
        val renewedAt: Long,
    )

    private val mutex = Mutex()
    private val lease = AtomicReference<Lease?>()

    /** How many renewals were late. */
    val lateRenewals = AtomicLong()

    /** How many leases were lost while calls were in flight. */
    val lostLeases = AtomicLong()

    /** When the current lease was renewed last; null if there is none. */
    val renewedAt: Long? get() = lease.get()?.renewedAt

    /** The nonce of the current lease; null if there is none. */
    val nonce: String? get() = lease.get()?.nonce

    /** The nonce of the lease if it is valid long enough for a claim; null otherwise. */
    val young: String? get() = lease.get()?.takeIf(::isYoung)?.nonce

    private val now get() = access.store.clock.millis()

    /** The nonce of a lease that is valid long enough for a claim. @throws Exception if the store does not respond. */
    suspend fun fresh(): String =
        mutex.withLock {
            val held = lease.get()
            when {
                held == null -> open()
                isYoung(held) -> held
                else -> renew(held) ?: open()
            }.nonce
        }

    /** Renews while calls are in flight. */
    suspend fun keep(): Nothing {
        while (true) {
            inFlight.first { it > 0 }
            delay(times.renew.milliseconds)
            // After a longer sleep, other workers have the calls.
            mutex.withLock { lease.get()?.let { held -> if (isOverdue(held)) lose(held) else access.orNull { renew(held) != null } } }
        }
    }

    /**
     * Gives up in time while calls are in flight. It runs beside [keep] because a store can take longer than a lease is valid to respond.
     */
    suspend fun watch(): Nothing {
        while (true) {
            inFlight.first { it > 0 }
            val held = lease.get()
            delay((if (held == null) times.renew else maxOf(held.renewedAt + times.giveUp - now, 1)).milliseconds)
            if (inFlight.value > 0) lease.get()?.let { if (isOverdue(it)) lose(it) }
        }
    }

    /** True while no other worker can take over what was claimed with [nonce]. */
    fun holds(nonce: String): Boolean = lease.get()?.takeUnless(::isOverdue)?.nonce == nonce

    /** A worker with calls in flight renews earlier, and so its claims need not wait for a renewal. */
    private fun isYoung(held: Lease) = now - held.renewedAt < (times.renew + times.late) / 2

    private fun isOverdue(held: Lease) = now - held.renewedAt >= times.giveUp

    private suspend fun open(): Lease {
        val started = now
        val nonce = UUID.randomUUID().toString()
        access.once { openLease(nonce, workerName, isNamed, times.valid) }
        return Lease(nonce, started).also { lease.set(it) }.also { onOpened(nonce) }
    }

    /** The renewed lease; null if it was judged. It counts from before the request, because the response can be late. */
    private suspend fun renew(held: Lease): Lease? {
        val started = now
        val renewal = access.once { renewLease(held.nonce, times.valid, inFlight.value, hung()) ?: OVER }
        if (renewal === OVER) {
            lose(held)
            return null
        }
        renewal.cancelRequested.forEach(onCancel)
        onPaused(renewal.pausedLanes)
        if (inFlight.value > 0 && now - held.renewedAt >= times.late) lateRenewals.incrementAndGet()
        val renewed = Lease(held.nonce, started)
        // A lease that was given up during the call stays lost.
        return renewed.takeIf { lease.compareAndSet(held, renewed) }
    }

    /** Nothing is lost with the lease of an idle worker, which is not always renewed. */
    private fun lose(held: Lease) {
        if (!lease.compareAndSet(held, null) || inFlight.value == 0) return
        lostLeases.incrementAndGet()
        onLost(now - held.renewedAt)
    }

    /** Closes the lease. */
    suspend fun close() {
        mutex.withLock {
            val held = lease.getAndSet(null) ?: return
            access.orNull { closeLease(held.nonce) }
        }
    }

    private companion object {
        val OVER = LeaseRenewal(emptyList())
    }
}
