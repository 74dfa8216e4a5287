package dev.reprise.internal.queue

/** How long leases are valid and when they are renewed, in milliseconds. */
internal class LeaseTimes(
    /** How long a lease is valid, on the clock of the store. */
    val valid: Long = 20_000,
    /** How often it is renewed, and how often the leases of dead workers are searched. */
    val renew: Long = 5_000,
    /** A worker that could not renew for so long cancels its attempts, before other workers can take over its calls. */
    val giveUp: Long = 15_000,
    /** A lease is judged so long after its end. */
    val margin: Long = 5_000,
    /** A clock of the store that jumps as far, against that of the process, is not trusted for the time of one lease. */
    val tolerance: Long = 2_000,
) {
    /** A renewal so long after the previous one is late. */
    val late: Long get() = (renew + giveUp) / 2
}
