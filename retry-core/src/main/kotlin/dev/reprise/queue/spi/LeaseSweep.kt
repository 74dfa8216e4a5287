package dev.reprise.queue.spi

/** A search for leases that are over. */
public class LeaseSweep(
    /** What the clock of the store is expected to show, in epoch milliseconds; null: no lease is judged by that clock. */
    public val expectedNow: Long?,
    /** How far the clock can differ from that. If it differs more, no lease is judged by it. */
    public val toleranceMillis: Long,
    /** A lease is judged so long after its end. */
    public val marginMillis: Long,
    /** How often one of all processes searches. */
    public val everyMillis: Long,
    /** If no process has searched for so long, none could renew either: then no lease is judged by the clock for [pauseMillis]. */
    public val outageMillis: Long,
    /** How long no process judges leases by the clock after such an outage. */
    public val pauseMillis: Long,
    /** The name that was set for the worker that searches; null if none was set. */
    public val worker: String?,
)
