package dev.reprise.restate.internal

import dev.reprise.queue.HostedCalls
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.Diagnosis.Reason
import java.time.Instant

/** Why a call is not running, or where it is. */
internal class Diagnoses(
    private val states: States,
    private val hosted: HostedCalls,
    private val look: suspend (String) -> CallRecord?,
) {
    suspend fun of(cid: String): Diagnosis {
        val call = look(cid) ?: return Diagnosis.of(Reason.UNKNOWN, "there is no call '$cid', or its retention is over")
        return when (stateOf(call)) {
            CallState.HELD -> held(call)
            CallState.READY -> ready(call)
            CallState.RUNNING -> Diagnosis.of(Reason.RUNNING, "its attempt has been due since ${at(call.claimedAt)}")
            CallState.DEAD -> Diagnosis.of(Reason.ENDED, "it died at ${at(call.endedAt)}: ${call.deadReason}; replay starts it again")
            else -> Diagnosis.of(Reason.ENDED, "it ended as ${call.state} at ${at(call.endedAt)}")
        }
    }

    private suspend fun held(call: CallRecord): Diagnosis {
        val order = "order '${call.orderKey}'"
        val head = call.orderKey?.let { states.order(it) }?.head
        if (head == null || head == call.cid) return Diagnosis.of(Reason.WAITING, "it gets its turn in the $order")
        val isBlocked = look(head)?.state == CallState.DEAD.name
        return if (isBlocked) {
            Diagnosis.of(Reason.BLOCKED, "the head of its $order, call $head, is dead; replay or unblock that call")
        } else {
            Diagnosis.of(Reason.BEHIND, "it is behind call $head in the $order")
        }
    }

    private fun ready(call: CallRecord): Diagnosis {
        val problem = hosted.problem(call.toStoredCall())
        return when {
            hosted.laneOf(call.handler) == null -> Diagnosis.of(Reason.NO_HANDLER, "$problem in this process")
            problem != null -> Diagnosis.of(Reason.UNREADABLE_POLICY, "this process cannot read its policy: $problem")
            else -> Diagnosis.of(Reason.NOT_DUE, "it is due at ${at(call.dueAt)}; attempts so far: ${call.attempts}")
        }
    }

    private fun at(millis: Long?) = millis?.let { Instant.ofEpochMilli(it).toString() } ?: "an unknown time"
}
