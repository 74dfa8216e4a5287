package dev.reprise.queue.model

import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.StoredCall
import java.time.Instant

/** Why a call is not running, or where it is: [reason] for programs, [text] for people. */
public data class Diagnosis(
    /** One word for it. */
    public val reason: Reason,
    /** The whole answer in a sentence. */
    public val text: String,
) {
    /** The answers there are. */
    public enum class Reason {
        /** There is no such call. */
        UNKNOWN,

        /** It has ended. */
        ENDED,

        /** It is running. */
        RUNNING,

        /** The worker that had it is gone; it will be taken over. */
        ORPHANED,

        /** It is behind another call of the same order. */
        BEHIND,

        /** It is behind a dead call of the same order. */
        BLOCKED,

        /** It is not due yet. */
        NOT_DUE,

        /** Its lane is paused. */
        PAUSED,

        /** No handler of this name is registered in this process; others may have one. */
        NO_HANDLER,

        /** It is due and waits for a free worker. */
        WAITING,
    }

    internal companion object {
        fun of(
            cid: String,
            situation: CallStatus?,
            lane: String?,
            isStarted: Boolean,
        ): Diagnosis {
            val at = situation ?: return Diagnosis(Reason.UNKNOWN, "there is no call '$cid': it never was, or its retention is over")
            val call = at.call
            return when (call.state) {
                CallState.SUCCEEDED, CallState.CANCELLED -> Diagnosis(Reason.ENDED, "it ended as ${call.state} at ${instant(call.endedAt)}")
                CallState.DEAD -> Diagnosis(Reason.ENDED, "it died at ${instant(call.endedAt)}: ${call.deadReason}; replay starts it again")
                CallState.HELD -> held(at)
                CallState.RUNNING -> running(at)
                CallState.READY -> ready(at, lane, isStarted)
            }
        }

        private fun held(at: CallStatus): Diagnosis {
            val order = "order '${at.call.order.orderKey}'"
            return if (at.headIsDead) {
                Diagnosis(Reason.BLOCKED, "the head of its $order, call ${at.head}, is dead and blocks; replay or discard it")
            } else {
                Diagnosis(Reason.BEHIND, "it is behind call ${at.head} in the $order")
            }
        }

        private fun running(at: CallStatus): Diagnosis {
            val since = instant(at.call.claim?.at)
            val valid = at.leaseMillis ?: -1
            return if (valid <= 0) {
                Diagnosis(Reason.ORPHANED, "the worker that claimed it at $since is gone; it will be taken over within seconds")
            } else {
                Diagnosis(Reason.RUNNING, "it runs in '${at.worker}' since $since")
            }
        }

        private fun ready(
            at: CallStatus,
            lane: String?,
            isStarted: Boolean,
        ): Diagnosis {
            val call = at.call
            return when {
                call.dueAt > at.now -> Diagnosis(Reason.NOT_DUE, "it is due at ${instant(call.dueAt)}, after ${attempts(call)}")
                lane == null -> Diagnosis(Reason.NO_HANDLER, "no handler '${call.handler}' is registered in this process")
                lane in at.pausedLanes -> Diagnosis(Reason.PAUSED, "the lane '$lane' is paused; resume(\"$lane\") lets it go on")
                else -> Diagnosis(Reason.WAITING, waiting(call, lane) + if (isStarted) "" else "; this queue is not started")
            }
        }

        private fun waiting(
            call: StoredCall,
            lane: String,
        ) = "it is due since ${instant(call.dueAt)} and waits for a free worker of the lane '$lane'"

        private fun attempts(call: StoredCall): String = call.counters.attempts.let { if (it == 1) "1 attempt" else "$it attempts" }

        private fun instant(millis: Long?): String = millis?.let { Instant.ofEpochMilli(it).toString() } ?: "an unknown time"
    }
}
