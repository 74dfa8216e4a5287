package dev.reprise.queue.spi

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload

/**
 * One durable call, as its store holds it. A snapshot: it does not change when the call goes on.
 *
 * All instants are milliseconds since 1970-01-01 UTC on the clock of the store.
 */
public data class StoredCall(
    /** The correlation id: unguessable, sorted by the time of its making, fit for a URL. */
    public val cid: String,
    /** What was asked for when it was enqueued. */
    public val order: NewCall,
    /** Where it stands. */
    public val state: CallState,
    /** Why it is dead; null in any other state. */
    public val deadReason: DeadReason? = null,
    /** When it was accepted. */
    public val enqueuedAt: Long,
    /** It is not claimed before this instant. */
    public val dueAt: Long,
    /** When it ended; null before that. */
    public val endedAt: Long? = null,
    /** What has happened to it so far. */
    public val counters: CallCounters = CallCounters(),
    /** Where the policy stands in the present run. */
    public val run: PolicyProgress = PolicyProgress(),
    /** Who has it: set while it is running. */
    public val claim: Claim? = null,
    /** Rises with every claim, so that the result of an older one is told apart. */
    public val token: Long = 0,
    /** True if it is to be cancelled by the worker that has it. */
    public val cancelRequested: Boolean = false,
    /** When workers died that had it: the last three instants. */
    public val crashedAt: List<Long> = emptyList(),
    /** The version of the handler that made the last attempt; null before the first. */
    public val handlerVersion: Int? = null,
    /** What the handler returned; null unless it succeeded. */
    public val response: Payload? = null,
    /** Its place among the calls with the same order key. */
    public val orderSeq: Long = 0,
) {
    /** The name of the handler. */
    public val handler: String get() = order.handler

    /** The number of the next attempt in the present run, from 1. A replay starts a new run. */
    public val nextAttempt: Int get() = maxOf(counters.attempts - run.attemptsBefore + 1, 1)

    /** True if the next attempt is one that its policy does not count: the first of a call that its caller attempts itself. */
    internal val isUncounted: Boolean get() = counters.attempts < run.attemptsBefore
}
