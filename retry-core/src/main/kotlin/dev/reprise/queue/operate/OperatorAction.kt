package dev.reprise.queue.operate

import dev.reprise.RetryPolicy
import dev.reprise.queue.model.undoHandlerOf
import dev.reprise.workflow.model.OnEnd
import java.time.Duration
import java.time.Instant

/** What an operator does to calls. Its text, as in the audit, is lower case. */
public sealed class OperatorAction {
    /** Makes calls due now that wait for a later attempt. Others are skipped as `NOT_WAITING`. */
    public class RetryNow : OperatorAction() {
        override fun toString(): String = "retry-now"
    }

    /** Makes calls due at [at], or at their deadline if that is earlier, that are ready or held. Others are skipped as `NOT_WAITING`. */
    public class Reschedule(
        /** When they are due. */
        public val at: Instant,
    ) : OperatorAction() {
        override fun toString(): String = "reschedule $at"
    }

    /**
     * Makes calls due that are ready or held, evenly over the time [over] from now, none later than its deadline. Others are skipped as
     * `NOT_WAITING`.
     */
    public class Spread(
        /** From now to the last one; positive. */
        public val over: Duration,
    ) : OperatorAction() {
        init {
            require(!over.isNegative && !over.isZero) { "calls are spread over a positive time, but it was $over" }
        }

        override fun toString(): String = "spread $over"
    }

    /**
     * Gives calls that are ready or held another policy. The attempts so far still count, what else the old policy remembered does not.
     * Others are skipped as `RUNNING` or `ENDED`, and those whose policy this process cannot read, because a newer program wrote it, as
     * `UNREADABLE`.
     *
     * @throws dev.reprise.policy.RetryPolicyParseException if [notation] is not a policy.
     */
    public class ChangePolicy(
        /** The policy in its notation. */
        public val notation: String,
    ) : OperatorAction() {
        init {
            val policy = RetryPolicy.parse(notation)
            require(!policy.logic.needsEnd) { "nothing ends the calls of the policy $notation; add a limit, or forever()" }
        }

        override fun toString(): String = "change-policy $notation"
    }

    /** Cancels calls that have not ended: a running one by its worker, others immediately, with their callbacks. Others are skipped as `ENDED`. */
    public class Cancel
        @JvmOverloads
        constructor(
            /** What becomes of the runs of durable workflows; null: what each call was enqueued with. */
            public val onEnd: OnEnd? = null,
        ) : OperatorAction() {
            /** The callbacks of a call to [handler] that is cancelled, of its own [callbacks]. */
            internal fun callbacks(
                handler: String,
                callbacks: List<String>,
            ): List<String> = callbacks - undoHandlerOf(handler) + listOfNotNull(undoHandlerOf(handler).takeIf { onEnd == OnEnd.UNDO })

            override fun toString(): String = "cancel" + (onEnd?.let { " ${it.name.lowercase()}" } ?: "")
        }

    /**
     * Makes dead calls ready again, each with a fresh policy. Others are skipped as `NOT_DEAD`, those whose unique key another call has as
     * `KEY_TAKEN`, and durable workflows that died as `REJECTED` as `NEEDS_RESET`, unless [reset] is set.
     */
    public class Replay
        @JvmOverloads
        constructor(
            /** How many are due each second: the rate is in their due times, so it holds without anybody running. Null: all now. */
            public val perSecond: Double? = null,
            /** True if the run of a durable workflow that a person had to look at starts over, without being undone. Default: false. */
            public val reset: Boolean = false,
        ) : OperatorAction() {
            init {
                require(perSecond == null || perSecond > 0) { "the rate of a replay must be positive, but was $perSecond" }
            }

            override fun toString(): String = "replay" + (perSecond?.let { " $it/s" } ?: "") + if (reset) " reset" else ""
        }

    /** Deletes calls that have ended. Others are skipped as `LIVE`. */
    public class Discard : OperatorAction() {
        override fun toString(): String = "discard"
    }
}
