package dev.reprise.internal.queue

/** When a lane was paused, and by whom; null: by a program. */
internal class PausedLane(
    val at: Long,
    val by: String?,
)

/** The leases of workers. Not thread-safe. */
internal class MemoryLeases {
    class Lease(
        val worker: String,
        var validUntil: Long,
    ) {
        var info = ""
        var inFlight = 0
        var hung = 0
    }

    private val leases = HashMap<String, Lease>()

    fun open(
        nonce: String,
        worker: String,
        validUntil: Long,
    ) {
        leases[nonce] = Lease(worker, validUntil)
    }

    /** Extends a lease; false if it is over. */
    fun renew(
        nonce: String,
        now: Long,
        validUntil: Long,
    ): Boolean = isValid(nonce, now).also { if (it) leases.getValue(nonce).validUntil = validUntil }

    /** All that are kept. */
    val all: Map<String, Lease> get() = leases

    fun close(nonce: String) {
        leases -= nonce
    }

    fun isValid(
        nonce: String,
        now: Long,
    ): Boolean = (leases[nonce]?.validUntil ?: Long.MIN_VALUE) > now

    fun workerOf(nonce: String): String? = leases[nonce]?.worker

    fun validUntil(nonce: String): Long? = leases[nonce]?.validUntil

    /** Deletes leases that have been over for an hour. */
    fun purge(now: Long) {
        leases.values.removeIf { it.validUntil < now - KEPT_MILLIS }
    }

    private companion object {
        const val KEPT_MILLIS = 3_600_000L
    }
}
