package dev.reprise.internal.queue.worker

/** How long leases are valid and when they are renewed, in milliseconds. */
internal object LeaseTimes {
    /** How long a lease is valid, on the clock of the store. */
    const val VALID = 20_000L

    /** How often it is renewed. */
    const val RENEW = 5_000L

    /** A worker that could not renew for so long cancels its attempts, before other workers can take over its calls. */
    const val GIVE_UP = 15_000L
}
