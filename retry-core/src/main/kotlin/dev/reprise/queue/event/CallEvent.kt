package dev.reprise.queue.event

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import java.time.Duration as JavaDuration

/**
 * What a [CallListener] receives. For one call and one worker the order is this, and nothing of the next claim comes in between:
 *
 * ```
 * Claimed AttemptStarted AttemptEnded (Settled | Stale)
 * ```
 *
 * A call that was claimed and not attempted, as during a shutdown, has [Claimed] and [Settled] only. Later versions can add subtypes.
 */
public sealed class CallEvent private constructor(
    /** When it happened, on the clock of the store as this process reckons it. */
    public val at: Instant,
) {
    /** An event of one call. */
    public sealed class OfCall(
        at: Instant,
        /** The correlation id of the call. */
        public val cid: String,
        /** The name of its handler. */
        public val handler: String,
        /** The lane of the handler; null if it is not registered in this process. */
        public val lane: String?,
        /** Its tags. */
        public val tags: List<String>,
    ) : CallEvent(at)

    /** The store accepted the call; in a transaction of the caller, before its commit. */
    public class Enqueued internal constructor(
        call: Origin,
        /** False if the unique key was taken: [cid] is that of the earlier call then. */
        public val isNew: Boolean,
        /** When it is due; null if it is not new. */
        public val dueAt: Instant?,
        /** True if it is stored only when the transaction of the caller is committed. */
        public val inCallerTransaction: Boolean,
    ) : OfCall(call.at, call.cid, call.handler, call.lane, call.tags) {
        override fun toString(): String = if (isNew) "Enqueued" else "Enqueued(known)"
    }

    /** A claim of this worker returned the call. */
    public class Claimed internal constructor(
        call: Origin,
        /** The 1-based number of its next attempt since it was enqueued or last replayed. */
        public val attempt: Int,
        /** How long it has been due. */
        @get:JvmSynthetic
        public val lag: Duration,
    ) : OfCall(call.at, call.cid, call.handler, call.lane, call.tags) {
        /** How long it has been due. */
        public fun getLag(): JavaDuration = lag.toJavaDuration()

        override fun toString(): String = "Claimed($attempt)"
    }

    /** An attempt starts; its handler is looked up after this. */
    public class AttemptStarted internal constructor(
        call: Origin,
        /** The 1-based number of the attempt. */
        public val attempt: Int,
        /** How long the call has been due. */
        @get:JvmSynthetic
        public val lag: Duration,
    ) : OfCall(call.at, call.cid, call.handler, call.lane, call.tags) {
        /** How long the call has been due. */
        public fun getLag(): JavaDuration = lag.toJavaDuration()

        override fun toString(): String = "AttemptStarted($attempt)"
    }

    /** The handler ended, or was cancelled; the result is not written so far. */
    public class AttemptEnded internal constructor(
        call: Origin,
        /** The 1-based number of the attempt. */
        public val attempt: Int,
        /** How it ended. */
        public val result: AttemptOutcome,
        /** Why it was cancelled; null unless [result] is `TIMED_OUT` or `CANCELLED`. */
        public val cancelCause: CancelCause?,
        /** What the handler threw, unredacted; null if nothing failed. */
        public val failure: Throwable?,
        /** How long it took. */
        @get:JvmSynthetic
        public val elapsed: Duration,
        /** The delay before the next attempt; null if there is none. */
        @get:JvmSynthetic
        public val nextDelay: Duration?,
        /** The version of the handler; null if it was not found. */
        public val handlerVersion: Int?,
    ) : OfCall(call.at, call.cid, call.handler, call.lane, call.tags) {
        /** How long it took. */
        public fun getElapsed(): JavaDuration = elapsed.toJavaDuration()

        /** The delay before the next attempt; null if there is none. */
        public fun getNextDelay(): JavaDuration? = nextDelay?.toJavaDuration()

        override fun toString(): String = "AttemptEnded($attempt, ${listOfNotNull(result, cancelCause, nextDelay).joinToString(" ")})"
    }

    /** The store accepted how the claim ended. */
    public class Settled internal constructor(
        call: Origin,
        /** The state it left. */
        public val from: CallState,
        /** The state it is in now. */
        public val to: CallState,
        /** Why it is dead; null unless it is. */
        public val deadReason: DeadReason?,
        /** When it is due again; null if it has ended. */
        public val dueAt: Instant?,
        /** How many attempts were made since it was enqueued. */
        public val attempts: Int,
        /** The time since it was enqueued. */
        @get:JvmSynthetic
        public val age: Duration,
    ) : OfCall(call.at, call.cid, call.handler, call.lane, call.tags) {
        /** The time since it was enqueued. */
        public fun getAge(): JavaDuration = age.toJavaDuration()

        override fun toString(): String = "Settled(${listOfNotNull(to, deadReason).joinToString(" ")})"
    }

    /** The store rejected how the claim ended: the call belonged to another claim by then. */
    public class Stale internal constructor(
        call: Origin,
        /** The state that it would have left. */
        public val from: CallState,
        /** The state that it would be in. */
        public val to: CallState,
        /** Why it would be dead; null unless [to] is `DEAD`. */
        public val deadReason: DeadReason?,
        /** When it would be due again; null if it would have ended. */
        public val dueAt: Instant?,
        /** How many attempts were made since it was enqueued, as far as this worker knows. */
        public val attempts: Int,
        /** The time since it was enqueued. */
        @get:JvmSynthetic
        public val age: Duration,
    ) : OfCall(call.at, call.cid, call.handler, call.lane, call.tags) {
        /** The time since it was enqueued. */
        public fun getAge(): JavaDuration = age.toJavaDuration()

        override fun toString(): String = "Stale(${listOfNotNull(to, deadReason).joinToString(" ")})"
    }

    /** This process took the call over from a worker that died; [Settled] follows. */
    public class TakenOver internal constructor(
        call: Origin,
        /** The name of that worker; its nonce if the name is not known. */
        public val worker: String,
        /** How many workers have died while they had claimed the call, this one included. */
        public val crashes: Int,
    ) : OfCall(call.at, call.cid, call.handler, call.lane, call.tags) {
        override fun toString(): String = "TakenOver($worker, $crashes)"
    }

    /** A lane was paused or resumed through this process. */
    public class LaneChanged internal constructor(
        at: Instant,
        /** The name of the lane. */
        public val lane: String,
        /** True if it is paused now. */
        public val isPaused: Boolean,
    ) : CallEvent(at) {
        override fun toString(): String = "LaneChanged($lane, ${if (isPaused) "paused" else "resumed"})"
    }

    /** The lease of this worker is over: its attempts are cancelled, and others take over its calls. */
    public class LeaseLost internal constructor(
        at: Instant,
        /** How many calls it had claimed. */
        public val inFlight: Int,
    ) : CallEvent(at) {
        override fun toString(): String = "LeaseLost($inFlight)"
    }

    /** The store does not respond any more. */
    public class StoreDown internal constructor(
        at: Instant,
        /** How that was noticed. */
        public val failure: Throwable,
    ) : CallEvent(at) {
        override fun toString(): String = "StoreDown(${failure.javaClass.simpleName})"
    }

    /** The store responds again. */
    public class StoreBack internal constructor(
        at: Instant,
        /** How long it did not respond. */
        @get:JvmSynthetic
        public val lasted: Duration,
    ) : CallEvent(at) {
        /** How long it did not respond. */
        public fun getLasted(): JavaDuration = lasted.toJavaDuration()

        override fun toString(): String = "StoreBack($lasted)"
    }

    /** Which call an event belongs to. */
    internal class Origin(
        val at: Instant,
        val cid: String,
        val handler: String,
        val lane: String?,
        val tags: List<String>,
    )
}
