package dev.reprise.internal.queue

import dev.reprise.queue.spi.LeaseJudgement
import dev.reprise.queue.spi.LeaseSweep

/** When a lane was paused, and by whom; null: by a program. */
internal class PausedLane(
    val at: Long,
    val by: String?,
)

/** The leases of workers. Not thread-safe. */
internal class MemoryLeases {
    class Lease(
        val worker: String,
        var renewedAt: Long,
        var validUntil: Long,
        var judgedAt: Long? = null,
    ) {
        var info = ""
        var inFlight = 0
        var hung = 0

        fun isOver(
            now: Long,
            sweep: LeaseSweep,
        ) = validUntil <= now - sweep.marginMillis || renewedAt > now + sweep.toleranceMillis
    }

    private val leases = HashMap<String, Lease>()
    private val turns = HashMap<String, Long>()
    private var judgesFrom = Long.MIN_VALUE

    fun open(
        nonce: String,
        worker: String,
        now: Long,
        validUntil: Long,
    ) {
        leases[nonce] = Lease(worker, now, validUntil)
    }

    /** Extends a lease; false if it was judged or closed. */
    fun renew(
        nonce: String,
        now: Long,
        validUntil: Long,
        inFlight: Int,
        hung: Int,
    ): Boolean {
        if (!isHeld(nonce)) return false
        val lease = leases.getValue(nonce)
        lease.renewedAt = now
        lease.validUntil = validUntil
        lease.inFlight = inFlight
        lease.hung = hung
        return true
    }

    /** All that are kept. */
    val all: Map<String, Lease> get() = leases

    fun close(nonce: String) {
        leases -= nonce
    }

    /** True if the lease exists and was not judged. */
    fun isHeld(nonce: String): Boolean = leases[nonce]?.judgedAt == null && nonce in leases

    fun workerOf(nonce: String): String? = leases[nonce]?.worker

    fun validUntil(nonce: String): Long? = leases[nonce]?.let { it.judgedAt ?: it.validUntil }

    /** Judges the leases that are over, if [now] is what [sweep] expects. */
    fun sweep(
        sweep: LeaseSweep,
        now: Long,
    ): LeaseJudgement {
        val sweptAt = (turns[TAKEOVER] ?: NEVER) - sweep.everyMillis
        if (now - sweptAt >= sweep.outageMillis) judgesFrom = now + sweep.pauseMillis
        val isPaused = judgesFrom in now + 1..now + sweep.pauseMillis
        val isExpected =
            !isPaused && sweep.expectedNow?.asLong?.let { now in it - sweep.toleranceMillis..it + sweep.toleranceMillis } == true
        val held = leases.values.filter { it.judgedAt == null }
        val over = if (isExpected) held.filter { it.isOver(now, sweep) }.onEach { it.judgedAt = now } else emptyList()
        val next = (held - over.toSet()).minOfOrNull { it.validUntil + sweep.marginMillis - now } ?: Long.MAX_VALUE
        val takesOver = takeTurn(TAKEOVER, now, sweep.everyMillis) || over.isNotEmpty()
        return LeaseJudgement(now, takesOver, minOf(maxOf(next, 1), sweep.everyMillis))
    }

    /** True for one of those that ask for [duty] within [everyMillis]. */
    fun takeTurn(
        duty: String,
        now: Long,
        everyMillis: Long,
    ): Boolean {
        val next = turns[duty] ?: now
        return (next <= now || next > now + everyMillis).also { if (it) turns[duty] = now + everyMillis }
    }

    /** Deletes leases that were judged an hour ago. */
    fun purge(now: Long) {
        leases.values.removeIf { lease -> lease.judgedAt?.let { it < now - KEPT_MILLIS } == true }
    }

    private companion object {
        const val NEVER = Long.MIN_VALUE / 2
        const val TAKEOVER = "takeover"
        const val KEPT_MILLIS = 3_600_000L
    }
}
