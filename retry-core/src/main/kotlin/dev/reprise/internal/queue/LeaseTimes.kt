package dev.reprise.internal.queue

/** How long leases are valid and when they are renewed, in milliseconds. */
internal class LeaseTimes(
    /** How long a lease is valid, on the clock of the store. */
    val valid: Long = 20_000,
    /** How often it is renewed, and how often the store is searched for the calls of dead workers. */
    val renew: Long = 5_000,
    /** A worker that could not renew for so long cancels its attempts, before other workers can take over its calls. */
    val giveUp: Long = 15_000,
) {
    /** A renewal so long after the previous one is late. */
    val late: Long get() = (renew + giveUp) / 2
}
