package dev.reprise.internal.queue.operate

import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.Action
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.dueNoLaterThanDeadline

/** What an action does to a call, the same in every store. */
internal object ActionRules {
    /** Why [action] does not change [call] at [now]; null if it does, unless its unique key is taken. */
    fun skip(
        action: Action,
        call: StoredCall?,
        now: Long,
    ): String? {
        val state = call?.state ?: return if (action is Action.Replay) "NOT_DEAD" else "ENDED"
        return when (action) {
            is Action.RetryNow -> "NOT_WAITING".takeUnless { state == CallState.READY && call.dueAt > now }
            is Action.Reschedule, is Action.Spread -> "NOT_WAITING".takeUnless { state == CallState.READY || state == CallState.HELD }
            is Action.ChangePolicy -> if (state.isEnd) "ENDED" else "RUNNING".takeIf { state == CallState.RUNNING }
            is Action.Cancel -> "ENDED".takeIf { state.isEnd }
            is Action.Replay -> "NOT_DEAD".takeUnless { state == CallState.DEAD }
            is Action.Discard -> "LIVE".takeUnless { state.isEnd }
        }
    }

    /** [call], which is ready or held, after an action that leaves it so; null for the other actions. [due] is its place in the action. */
    fun changed(
        action: Action,
        call: StoredCall,
        due: Long,
        now: Long,
    ): StoredCall? =
        when (action) {
            is Action.RetryNow, is Action.Spread -> {
                call.copy(dueAt = call.request.dueNoLaterThanDeadline(due))
            }

            is Action.Reschedule -> {
                call.copy(dueAt = call.request.dueNoLaterThanDeadline(maxOf(action.at.toEpochMilli(), now)))
            }

            is Action.ChangePolicy -> {
                call.copy(
                    request = call.request.copy(policy = action.notation),
                    progress = call.progress.copy(policyState = null),
                )
            }

            is Action.Cancel, is Action.Replay, is Action.Discard -> {
                null
            }
        }
}
