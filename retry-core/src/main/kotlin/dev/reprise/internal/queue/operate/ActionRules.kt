package dev.reprise.internal.queue.operate

import dev.reprise.RetryPolicy
import dev.reprise.policy.RetryPolicyParseException
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.dueNoLaterThanDeadline

/** What an action does to a call, the same in every store. */
internal object ActionRules {
    /** Why [action] does not change [call] at [now]; null if it does, unless its unique key is taken. */
    fun skip(
        action: OperatorAction,
        call: StoredCall?,
        now: Long,
    ): String? {
        val state = call?.state ?: return if (action is OperatorAction.Replay) "NOT_DEAD" else "ENDED"
        return when (action) {
            is OperatorAction.RetryNow -> {
                "NOT_WAITING".takeUnless { state == CallState.READY && call.dueAt > now }
            }

            is OperatorAction.Reschedule, is OperatorAction.Spread -> {
                "NOT_WAITING".takeUnless {
                    state == CallState.READY ||
                        state == CallState.HELD
                }
            }

            is OperatorAction.ChangePolicy -> {
                when {
                    state.isEnd -> "ENDED"
                    state == CallState.RUNNING -> "RUNNING"
                    else -> "UNREADABLE".takeUnless { isReadable(call.request.policy) }
                }
            }

            is OperatorAction.Cancel -> {
                "ENDED".takeIf { state.isEnd }
            }

            is OperatorAction.Replay -> {
                if (state != CallState.DEAD) "NOT_DEAD" else "NEEDS_RESET".takeIf { !action.reset && call.isStuck }
            }

            is OperatorAction.Discard -> {
                "LIVE".takeUnless { state.isEnd }
            }
        }
    }

    /** True if its run is one that a person has to look at: a replay would end in the same way. */
    private val StoredCall.isStuck get() = deadReason == DeadReason.REJECTED && request.isWorkflow

    private fun isReadable(policy: String) =
        try {
            RetryPolicy.parse(policy)
            true
        } catch (_: RetryPolicyParseException) {
            false
        }

    /** [call], which has not ended, with the callbacks that [action] leaves it; null if they stay. */
    fun cancelled(
        action: OperatorAction.Cancel,
        call: StoredCall,
    ): StoredCall? {
        if (action.onEnd == null || !call.request.isWorkflow) return null
        val callbacks = action.callbacks(call.handler, call.request.callbacks)
        return if (callbacks == call.request.callbacks) null else call.copy(request = call.request.copy(callbacks = callbacks))
    }

    /** [call], which is ready or held, after an action that leaves it so; null for the other actions. [due] is its place in the action. */
    fun changed(
        action: OperatorAction,
        call: StoredCall,
        due: Long,
        now: Long,
    ): StoredCall? =
        when (action) {
            is OperatorAction.RetryNow, is OperatorAction.Spread -> {
                call.copy(dueAt = call.request.dueNoLaterThanDeadline(due))
            }

            is OperatorAction.Reschedule -> {
                call.copy(dueAt = call.request.dueNoLaterThanDeadline(maxOf(action.at.toEpochMilli(), now)))
            }

            is OperatorAction.ChangePolicy -> {
                call.copy(
                    request = call.request.copy(policy = action.notation),
                    progress = call.progress.copy(policyState = null),
                )
            }

            is OperatorAction.Cancel, is OperatorAction.Replay, is OperatorAction.Discard -> {
                null
            }
        }
}
