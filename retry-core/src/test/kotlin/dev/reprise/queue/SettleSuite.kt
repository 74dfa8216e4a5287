package dev.reprise.queue

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Payload
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import java.time.Instant

/** How claims end, in every store. */
internal fun settleSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val clock = ManualClock()

        suspend fun empty(): CallStore = open(clock)

        test("a success ends the call and keeps its response") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val call = hand.claim().single()
            clock.now += 10
            hand.settle(call.succeeded("paid")) shouldBe SettleResult.ACCEPTED
            val ended = store.find(cid).shouldNotBeNull()
            ended.state shouldBe CallState.SUCCEEDED
            ended.response shouldBe Payload("paid".toByteArray(), "text")
            ended.endedAt shouldBe clock.now
            ended.claim.shouldBeNull()
            ended.counters shouldBe CallCounters(claims = 1, attempts = 1)
            ended.handlerVersion shouldBe 1
        }

        test("each of the five counters counts its own kind of event") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().failed(0, policyState = "1,2,3"))
            store.find(cid)!!.progress.policyState shouldBe "1,2,3"
            hand.settle(hand.claim().single().snoozed(0))
            hand.settle(hand.claim().single().released())
            val call = hand.claim().single()
            hand.settle(Settlement(call, CallState.READY, AttemptResult.CRASHED))
            hand.settle(hand.claim().single().succeeded())
            val ended = store.find(cid)!!
            ended.counters shouldBe CallCounters(claims = 5, attempts = 2, failures = 1, crashes = 1, snoozes = 1)
            ended.crashedAt shouldContainExactly listOf(clock.now)
        }

        test("the time of a run starts at the claim for its first attempt and pauses during snoozes") {
            val store = empty()
            store.enqueue(listOf(newCall()))
            val hand = Hand(store).join()
            val begin = clock.now
            val starts = ArrayList<Long?>()

            suspend fun claim(): StoredCall {
                clock.now += 1000
                return hand.claim().single().also { call -> starts += call.progress.startedAt?.let { it - begin } }
            }
            hand.settle(claim().released())
            hand.settle(claim().snoozed(100))
            hand.settle(claim().failed(0))
            hand.settle(claim().snoozed(200))
            hand.settle(claim().released())
            claim()
            starts shouldContainExactly listOf(1000L, 2000L, 3000L, 3000L, 3200L, 3200L)
        }

        test("a failed call is due again after its delay, and its failure is recorded") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().failed(60_000))
            hand.claim().shouldBeEmpty()
            store.errors(cid) shouldContainExactly
                listOf(AttemptError(1, Instant.ofEpochMilli(clock.now), "java.io.IOException", "down", hand.nonce))
            clock.now += 60_000
            store.renewLease(hand.nonce, VALID).shouldNotBeNull()
            Hand(store)
                .join()
                .claim()
                .single()
                .nextAttempt shouldBe 2
        }

        test("the first failure and the last 99 are kept") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            repeat(150) { hand.settle(hand.claim().single().failed(0)) }
            store.errors(cid).map { it.attempt } shouldContainExactly listOf(1) + (52..150)
        }

        test("only the current claim can settle a call") {
            val store = empty()
            store.enqueue(listOf(newCall()))
            val hand = Hand(store).join()
            val first = hand.claim().single()
            hand.settle(first.released()) shouldBe SettleResult.ACCEPTED
            // The call is ready: no worker may settle it.
            hand.settle(first.succeeded()) shouldBe SettleResult.STALE
            val other = Hand(store).join()
            val second = other.claim().single()
            // An older token, and the right token with a wrong owner.
            hand.settle(first.succeeded()) shouldBe SettleResult.STALE
            val stolen = second.copy(claim = second.claim!!.copy(owner = hand.nonce))
            hand.settle(stolen.succeeded()) shouldBe SettleResult.STALE
            other.settle(second.succeeded()) shouldBe SettleResult.ACCEPTED
            other.settle(second.succeeded()) shouldBe SettleResult.STALE
            other.settle(second.died()) shouldBe SettleResult.STALE
        }

        test("of two ends of one claim in one batch the first counts") {
            val store = empty()
            store.enqueue(listOf(newCall(), newCall()))
            val (one, other) = Hand(store).join().claim()
            store.settle(listOf(one.succeeded("a"), other.succeeded("b"), one.succeeded("c"))) shouldContainExactly
                listOf(SettleResult.ACCEPTED, SettleResult.ACCEPTED, SettleResult.STALE)
            store
                .find(one.cid)
                ?.response
                ?.bytes
                ?.decodeToString() shouldBe "a"
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.SUCCEEDED, 2))
        }

        test("a stale settlement records no error, enqueues no callback and frees no key") {
            val store = empty()
            val new = newCall { copy(uniqueKey = "u", callbacks = listOf("told")) }
            store.enqueue(listOf(new))
            val hand = Hand(store).join()
            val first = hand.claim().single()
            hand.settle(first.released())
            hand.claim().single()
            val stale = first.died()
            val told =
                Settlement(
                    stale.call,
                    stale.to,
                    stale.result,
                    0,
                    stale.deadReason,
                    error = stale.error,
                    callbacks = listOf(newCall("told")),
                )
            hand.settle(told) shouldBe SettleResult.STALE
            store.errors(new.cid).shouldBeEmpty()
            hand.claim("told").shouldBeEmpty()
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().cid shouldBe new.cid
        }

        test("callbacks are enqueued with the end of their call, in the same batch as other ends") {
            val store = empty()
            store.enqueue(List(3) { newCall() })
            val hand = Hand(store).join()
            val calls = hand.claim()
            val told = newCall("told")
            val ends =
                calls.take(2).map { it.succeeded() } +
                    with(calls[2].died()) { Settlement(call, to, result, 0, deadReason, callbacks = listOf(told)) }
            store.settle(ends) shouldContainExactly List(3) { SettleResult.ACCEPTED }
            hand.claim("told").single().cid shouldBe told.cid
        }
    }
