package dev.reprise.temporal.internal

import dev.reprise.queue.HostedCalls
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.Diagnosis.Reason
import java.time.Instant

/** Why a call is not running, or where it is. */
internal object Diagnoses {
    suspend fun of(
        cid: String,
        call: CallRecord?,
        executions: Executions,
        hosted: HostedCalls,
    ): Diagnosis {
        if (call == null) return Diagnosis.of(Reason.UNKNOWN, "there is no call '$cid', or its retention is over")
        return when (CallState.valueOf(checkNotNull(call.state))) {
            CallState.HELD -> {
                held(cid, call, executions)
            }

            CallState.READY -> {
                ready(call, hosted)
            }

            CallState.RUNNING -> {
                Diagnosis.of(
                    Reason.RUNNING,
                    "its attempt has been due since ${at(call.claimedAt)}, in the task queue of its lane",
                )
            }

            CallState.DEAD -> {
                Diagnosis.of(Reason.ENDED, "it died at ${at(call.endedAt)}: ${call.deadReason}; replay starts it again")
            }

            else -> {
                Diagnosis.of(Reason.ENDED, "it ended as ${call.state} at ${at(call.endedAt)}")
            }
        }
    }

    private suspend fun held(
        cid: String,
        call: CallRecord,
        executions: Executions,
    ): Diagnosis {
        val order = "order '${call.orderKey}'"
        val line = call.orderKey?.let { executions.order(it) }
        return when {
            line == null || line.head == cid -> Diagnosis.of(Reason.WAITING, "it gets its turn in the $order")
            line.blocked -> Diagnosis.of(Reason.BLOCKED, "the head of its $order, call ${line.head}, is dead; replay or unblock that call")
            else -> Diagnosis.of(Reason.BEHIND, "it is behind call ${line.head} in the $order")
        }
    }

    private fun ready(
        call: CallRecord,
        hosted: HostedCalls,
    ): Diagnosis {
        val problem = hosted.problem(call.toStoredCall())
        return when {
            hosted.laneOf(call.handler) == null -> Diagnosis.of(Reason.NO_HANDLER, "$problem in this process")
            problem != null -> Diagnosis.of(Reason.UNREADABLE_POLICY, "this process cannot read its policy: $problem")
            else -> Diagnosis.of(Reason.NOT_DUE, "it is due at ${at(call.dueAt)}; attempts so far: ${call.attempts}")
        }
    }

    private fun at(millis: Long?) = millis?.let { Instant.ofEpochMilli(it).toString() } ?: "an unknown time"
}
