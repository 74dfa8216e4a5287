package dev.reprise.internal.queue.operate

import dev.reprise.queue.model.CallState
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
                if (state.isEnd) "ENDED" else "RUNNING".takeIf { state == CallState.RUNNING }
            }

            is OperatorAction.Cancel -> {
                "ENDED".takeIf { state.isEnd }
            }

            is OperatorAction.Replay -> {
                "NOT_DEAD".takeUnless { state == CallState.DEAD }
            }

            is OperatorAction.Discard -> {
                "LIVE".takeUnless { state.isEnd }
            }
        }
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
