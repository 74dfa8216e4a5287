package dev.reprise.queue

/**
 * One durable call, as its store holds it. A snapshot: it does not change when the call goes on.
 *
 * All instants are milliseconds since 1970-01-01 UTC on the clock of the store.
 */
public data class Call(
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
    public val run: CallRun = CallRun(),
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

/** What has happened to a call: five counters, each for one thing only. */
public data class CallCounters(
    /** How often a worker took it. */
    public val claims: Int = 0,
    /** How often its handler ran to an end, good or bad. */
    public val attempts: Int = 0,
    /** How many of the attempts failed. */
    public val failures: Int = 0,
    /** How often the worker that had it died. */
    public val crashes: Int = 0,
    /** How often its handler asked to be called later, which is no attempt. */
    public val snoozes: Int = 0,
) {
    /** The counters after an attempt that ended with [result]. */
    internal fun plus(result: AttemptResult): CallCounters =
        copy(
            attempts = attempts + result.attempts,
            failures = failures + result.failures,
            crashes = crashes + result.crashes,
            snoozes = snoozes + result.snoozes,
        )
}

/** Where the policy of a call stands. Every replay begins it anew. */
public data class CallRun(
    /** The claim for its first attempt, and later by the snoozes since: the time limit of the policy counts from here. Null before it. */
    public val startedAt: Long? = null,
    /** The attempts of earlier runs: the policy does not count them. */
    public val attemptsBefore: Int = 0,
    /** What the policy has to remember between two attempts; null if nothing. */
    public val memory: String? = null,
)

/** The right to settle a call: worthless once the call was claimed again. */
public data class Claim(
    /** The nonce of the worker's lease. */
    public val owner: String,
    /** The fencing token of this claim. */
    public val token: Long,
    /** When it was claimed. */
    public val at: Long,
)

/** Bytes, and what is needed to read them. */
public class Payload(
    /** The bytes; not copied, not to be changed. */
    public val bytes: ByteArray,
    /** The name of the [PayloadCodec] that wrote them. */
    public val codec: String,
    /** The version of the data, as the writer counts. */
    public val version: Int = 1,
) {
    override fun equals(other: Any?): Boolean =
        other is Payload && codec == other.codec && version == other.version && bytes.contentEquals(other.bytes)

    override fun hashCode(): Int = bytes.contentHashCode()

    override fun toString(): String = "Payload($codec, version $version, ${bytes.size} bytes)"
}
