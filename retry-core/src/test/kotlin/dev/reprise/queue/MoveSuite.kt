package dev.reprise.queue

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.IllegalTransitionException
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.CallTransitions
import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.shouldBe

/** The table of transitions, in every store: every other transition is rejected. */
internal fun moveSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val clock = ManualClock()

        suspend fun empty(): CallStore = open(clock)

        test("every transition that is not in the table is rejected") {
            for (from in CallState.entries) {
                for (to in CallState.entries) {
                    val store = empty()
                    val moved = Mover(store, clock).tryMove(from, to)
                    moved shouldBe (from != to && CallTransitions.reason(from, to) != null)
                }
            }
        }
    }

/** Brings a call into any state and tries every operation that could bring it into another. */
private class Mover(
    private val store: CallStore,
    private val clock: ManualClock,
) {
    private val hand = Hand(store)

    /** True if the call got from [from] to [to] by some operation of the store. */
    suspend fun tryMove(
        from: CallState,
        to: CallState,
    ): Boolean {
        hand.join()
        val isReplayedBehind = from == CallState.DEAD && to == CallState.HELD
        val call = bring(from, isReplayedBehind)
        try {
            operation(call, to)
        } catch (e: IllegalTransitionException) {
            // The settlement itself names it.
        }
        val state = store.find(call.cid)!!.state
        clock.now++
        if (state != to) state shouldBe from
        return from != to && state == to
    }

    private suspend fun operation(
        call: StoredCall,
        to: CallState,
    ) {
        when (to) {
            CallState.HELD -> {
                store.replay(listOf(call.cid))
            }

            CallState.READY -> {
                if (call.state == CallState.HELD) endHead() else settleOrReplay(call)
            }

            CallState.RUNNING -> {
                hand.claim()
            }

            CallState.SUCCEEDED -> {
                settle(call) { it.succeeded() }
            }

            CallState.DEAD -> {
                settle(call) { it.died() }
            }

            CallState.CANCELLED -> {
                if (call.state ==
                    CallState.RUNNING
                ) {
                    settle(call) { it.cancelled() }
                } else {
                    store.cancel(call.cid, noCallbacks)
                }
            }
        }
    }

    private suspend fun settleOrReplay(call: StoredCall) {
        settle(call) { it.released() }
        store.replay(listOf(call.cid))
    }

    /** Settles with the claim that the call has, or one that is made up. */
    private suspend fun settle(
        call: StoredCall,
        how: (StoredCall) -> Settlement,
    ) {
        val claim = call.claim ?: Claim(hand.nonce, call.token, clock.now)
        hand.settle(how(call.copy(claim = claim)))
    }

    private suspend fun endHead() = hand.settle(hand.claim().single().succeeded())

    private suspend fun bring(
        state: CallState,
        isReplayedBehind: Boolean,
    ): StoredCall {
        val isOrdered = state == CallState.HELD || isReplayedBehind
        val order = if (isOrdered) "o" else null
        if (state == CallState.HELD) store.enqueue(listOf(newCall { copy(orderKey = order) }))
        val cid = store.enqueue(listOf(newCall { copy(orderKey = order, onDeadPredecessor = OnDeadPredecessor.SKIP) })).single().cid
        when (state) {
            CallState.HELD, CallState.READY -> {}

            CallState.RUNNING -> {
                hand.claim()
            }

            CallState.SUCCEEDED -> {
                hand.settle(hand.claim().single().succeeded())
            }

            CallState.DEAD -> {
                hand.settle(hand.claim().single().died())
            }

            CallState.CANCELLED -> {
                store.cancel(cid, noCallbacks)
            }
        }
        if (isReplayedBehind) store.enqueue(listOf(newCall { copy(orderKey = order) }))
        return store.find(cid)!!
    }
}
