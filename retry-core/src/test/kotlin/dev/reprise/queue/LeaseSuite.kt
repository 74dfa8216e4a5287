package dev.reprise.queue

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe

/** Leases, and what a renewal returns, in every store. */
internal fun leaseSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val clock = ManualClock()

        suspend fun empty(): CallStore = open(clock)

        test("a waiting call is cancelled immediately, and its callbacks are enqueued") {
            val store = empty()
            val calls = List(3) { newCall { copy(orderKey = "o") } }
            store.enqueue(calls)
            val told = newCall("told")
            store.cancel(calls[1].cid, listOf(told)) shouldBe CancelResult.CANCELLED
            store.cancel(calls[1].cid, listOf(told)) shouldBe CancelResult.ENDED
            store.cancel(calls[0].cid, emptyList()) shouldBe CancelResult.CANCELLED
            store.cancel("nobody", emptyList()) shouldBe CancelResult.UNKNOWN
            store.find(calls[1].cid)!!.state shouldBe CallState.CANCELLED
            val hand = Hand(store).join()
            hand.claim("charge", "told").map { it.cid } shouldContainExactlyInAnyOrder listOf(calls[2].cid, told.cid)
        }

        test("a running call is cancelled by its worker, which learns of it when it renews") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val call = hand.claim().single()
            store.cancel(cid, listOf(newCall("told"))) shouldBe CancelResult.REQUESTED
            store.renewLease(hand.nonce, VALID)!!.cancelRequested shouldContainExactly listOf(cid)
            // A settlement at the same time does not undo the cancellation.
            hand.settle(call.failed(0))
            val again = hand.claim().single()
            again.cancelRequested shouldBe true
            hand.settle(again.cancelled()) shouldBe SettleResult.ACCEPTED
            store.find(cid)!!.state shouldBe CallState.CANCELLED
            hand.claim("told").shouldBeEmpty()
        }

        test("a lease is valid until it expires and cannot be renewed afterwards") {
            val store = empty()
            store.enqueue(listOf(newCall(), newCall()))
            val hand = Hand(store).join()
            clock.now += VALID - 1
            store.renewLease(hand.nonce, VALID).shouldNotBeNull()
            hand.claim(limit = 1).size shouldBe 1
            clock.now += VALID
            store.renewLease(hand.nonce, VALID).shouldBeNull()
            hand.claim().shouldBeEmpty()
            store.renewLease("nobody", VALID).shouldBeNull()
        }

        test("orphans are the running calls of workers without a lease") {
            val store = empty()
            store.enqueue(List(3) { newCall() })
            val dead = Hand(store).join()
            val lost = dead.claim(limit = 2)
            clock.now += VALID - 1
            val alive = Hand(store).join()
            alive.claim(limit = 1).single()
            store.orphans(null, 10).calls.shouldBeEmpty()
            clock.now += 1
            store.orphans(null, 10).calls.map { it.cid } shouldContainExactly lost.map { it.cid }
            store.orphans(null, 1).calls.map { it.cid } shouldContainExactly listOf(lost[0].cid)
            store.orphans(lost[0].cid, 10).calls.map { it.cid } shouldContainExactly listOf(lost[1].cid)
            store.orphans(null, 10).now shouldBe clock.now
            // First the rescuer, then the worker that was considered dead.
            alive.settle(Settlement(lost[0], CallState.READY, AttemptResult.CRASHED)) shouldBe SettleResult.ACCEPTED
            dead.settle(lost[0].succeeded()) shouldBe SettleResult.STALE
            // The other way round.
            dead.settle(lost[1].succeeded()) shouldBe SettleResult.ACCEPTED
            alive.settle(Settlement(lost[1], CallState.READY, AttemptResult.CRASHED)) shouldBe SettleResult.STALE
            store.closeLease(alive.nonce)
            store.orphans(null, 10).calls shouldHaveSize 1
        }

        test("a cancelled call that its handler wants to retry is due immediately, and is cancelled then") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val call = hand.claim().single()
            store.cancel(cid, emptyList()) shouldBe CancelResult.REQUESTED
            hand.settle(call.failed(60_000))
            store.find(cid)!!.dueAt shouldBe clock.now
            hand.claim().single().cancelRequested shouldBe true
        }
    }
