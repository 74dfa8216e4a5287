package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.spi.LeaseRenewal
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.util.UUID
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration.Companion.milliseconds

/** How long leases are valid and when they are renewed, in milliseconds. */
internal object LeaseTimes {
    /** How long a lease is valid, on the clock of the store. */
    const val VALID = 20_000L

    /** How often it is renewed. */
    const val RENEW = 5_000L

    /** A worker that could not renew for so long gives up what it has, while others still believe that it has it. */
    const val GIVE_UP = 15_000L
}

/**
 * Keeps the lease of this worker: one row for all its calls. It is renewed while there are calls in hand, and before a claim; an idle
 * worker writes nothing.
 */
internal class LeaseKeeper(
    private val access: StoreAccess,
    private val workerName: String,
    private val inHand: StateFlow<Int>,
    private val onLost: () -> Unit,
    private val onCancel: (String) -> Unit,
) {
    private class Lease(
        val nonce: String,
        val renewedAt: Long,
    )

    private val mutex = Mutex()
    private val lease = AtomicReference<Lease?>()

    /** The nonce of the present lease; null if there is none. */
    val nonce: String? get() = lease.get()?.nonce

    /** The nonce of a lease that is as young as one under which calls are claimed; null if there is none. */
    val young: String? get() = lease.get()?.takeIf(::isYoung)?.nonce

    private val now get() = access.store.clock.millis()

    /** The nonce of a lease that is valid for some time to come. @throws Exception if the store does not give one. */
    suspend fun fresh(): String =
        mutex.withLock {
            val held = lease.get()
            when {
                held == null || hasLapsedIdle(held) -> join()
                isYoung(held) -> held
                else -> renew(held) ?: join()
            }.nonce
        }

    /** Nobody renews the lease of a worker that has nothing; that it is over then is nothing to tell. */
    private fun hasLapsedIdle(held: Lease) = inHand.value == 0 && now - held.renewedAt >= LeaseTimes.VALID

    /** Renews for as long as there are calls in hand. */
    suspend fun keep(): Nothing {
        while (true) {
            inHand.first { it > 0 }
            delay(LeaseTimes.RENEW.milliseconds)
            // Whoever slept for longer than that finds its calls with others; it does not ask for them back.
            mutex.withLock { lease.get()?.let { held -> if (isOverdue(held)) lose(held) else access.orNull { renew(held) != null } } }
        }
    }

    /**
     * Gives up in time while there are calls in hand. It stands beside [keep] because a store may neither answer nor fail for longer than
     * a lease is valid.
     */
    suspend fun watch(): Nothing {
        while (true) {
            inHand.first { it > 0 }
            val held = lease.get()
            delay((if (held == null) LeaseTimes.RENEW else maxOf(held.renewedAt + LeaseTimes.GIVE_UP - now, 1)).milliseconds)
            if (inHand.value > 0) lease.get()?.let { if (isOverdue(it)) lose(it) }
        }
    }

    /** True while nobody else may believe that what was claimed under [nonce] is free. */
    fun holds(nonce: String): Boolean = lease.get()?.takeUnless(::isOverdue)?.nonce == nonce

    private fun isYoung(held: Lease) = now - held.renewedAt < LeaseTimes.RENEW

    private fun isOverdue(held: Lease) = now - held.renewedAt >= LeaseTimes.GIVE_UP

    private suspend fun join(): Lease {
        val begun = now
        val nonce = UUID.randomUUID().toString()
        access.once { join(nonce, workerName, LeaseTimes.VALID) }
        return Lease(nonce, begun).also { lease.set(it) }
    }

    /** The lease as renewed; null if it is over. It counts from before the question: the answer may have been long on its way. */
    private suspend fun renew(held: Lease): Lease? {
        val begun = now
        val renewal = access.once { renew(held.nonce, LeaseTimes.VALID) ?: OVER }
        if (renewal === OVER) {
            lose(held)
            return null
        }
        renewal.cancelRequested.forEach(onCancel)
        val renewed = Lease(held.nonce, begun)
        // What was given up meanwhile stays given up.
        return renewed.takeIf { lease.compareAndSet(held, renewed) }
    }

    private fun lose(held: Lease) {
        if (!lease.compareAndSet(held, null)) return
        queueLog.log(
            System.Logger.Level.WARNING,
            "the lease of '$workerName' is over: its attempts are cancelled, their calls go back to the queue",
        )
        onLost()
    }

    /** Gives the lease back. */
    suspend fun leave() {
        mutex.withLock {
            val held = lease.getAndSet(null) ?: return
            access.orNull { leave(held.nonce) }
        }
    }

    private companion object {
        val OVER = LeaseRenewal(emptyList())
    }
}
