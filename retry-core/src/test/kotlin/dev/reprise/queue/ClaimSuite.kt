package dev.reprise.queue

import dev.reprise.internal.queue.CorrelationIds
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.Payload
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.PolicyProgress
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.takenBy
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.time.Instant

/** How calls are enqueued and claimed, in every store. */
internal fun claimSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val clock = ManualClock()

        suspend fun empty(): CallStore = open(clock)

        test("a call is returned as it was enqueued") {
            val store = empty()
            val new =
                newCall {
                    copy(
                        payload = Payload(byteArrayOf(0, -1, 127), "bytes", 7),
                        priority = 9,
                        deadline = clock.now + 1000,
                        orderKey = "o",
                        onDeadPredecessor = OnDeadPredecessor.SKIP,
                        uniqueKey = "u",
                        keepUniqueKey = true,
                        callbacks = listOf("told", "told too"),
                        context = "naïve \uD83D\uDE00 'quoted'",
                        source = "shop",
                        origCid = "c0",
                    )
                }
            store.enqueue(listOf(new)) shouldContainExactly listOf(EnqueueResult(new.cid, isNew = true))
            store.find(new.cid) shouldBe
                StoredCall(new.cid, new, CallState.READY, enqueuedAt = clock.now, dueAt = clock.now, orderSeq = 1)
        }

        test("a claim returns due calls once, higher priorities first, older before younger") {
            val store = empty()
            val late = newCall { copy(delayMillis = 1) }
            val first = newCall()
            val second = newCall()
            val urgent = newCall { copy(priority = 9) }
            store.enqueue(listOf(late, first, second, urgent))
            val hand = Hand(store).join()
            val claimed = hand.claimed()
            claimed.calls.map { it.cid } shouldContainExactly listOf(urgent.cid, first.cid, second.cid)
            claimed.now shouldBe clock.now
            claimed.nextDueMillis.shouldBeNull()
            val none = hand.claimed()
            none.calls.shouldBeEmpty()
            none.nextDueMillis shouldBe 1
            clock.now++
            hand.claim().map { it.cid } shouldContainExactly listOf(late.cid)
            hand.claimed().nextDueMillis.shouldBeNull()
        }

        test("a claim returns at most the requested number of calls, in total and per handler, and none of other handlers") {
            val store = empty()
            store.enqueue(List(5) { newCall("charge") } + List(5) { newCall("refund") } + newCall("unknown"))
            val hand = Hand(store).join()
            val request = ClaimRequest(hand.nonce, "default", linkedMapOf("charge" to 2, "refund" to 10), 4)
            store.claim(request).calls.map { it.handler } shouldContainExactlyInAnyOrder listOf("charge", "charge", "refund", "refund")
            hand.claim("charge", "refund").size shouldBe 6
            hand.claim("charge", "refund").shouldBeEmpty()
        }

        test("a claimed call carries its claim, and each claim has its own token") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val first = hand.claim().single()
            first.claim shouldBe Claim(hand.nonce, 1, clock.now)
            first.state shouldBe CallState.RUNNING
            first.progress.startedAt shouldBe clock.now
            first.counters shouldBe CallCounters(claims = 1)
            store.find(cid) shouldBe first
            hand.settle(first.released()) shouldBe SettleResult.ACCEPTED
            clock.now += 5
            val second = hand.claim().single()
            second.claim shouldBe Claim(hand.nonce, 2, clock.now)
            second.progress.startedAt shouldBe clock.now
            second.counters shouldBe CallCounters(claims = 2)
        }

        test("a call can be enqueued as claimed by the process that makes its first attempt") {
            val store = empty()
            val hand = Hand(store).join()
            val new = newCall { copy(claimedBy = hand.nonce) }
            val claim = store.enqueue(listOf(new)).single().claim
            claim shouldBe Claim(hand.nonce, 1, clock.now)
            hand.claim().shouldBeEmpty()
            val call = store.find(new.cid)!!
            call.claim shouldBe claim
            call.progress.attemptsBefore shouldBe 1
            hand.settle(call.succeeded()) shouldBe SettleResult.ACCEPTED
            // Behind another call it waits like any other.
            val held = List(2) { newCall { copy(orderKey = "o", claimedBy = hand.nonce) } }
            store.enqueue(held).map { it.claim != null } shouldContainExactly listOf(true, false)
        }

        test("a worker can claim calls as they are enqueued, unless its lease has expired or the lane is paused") {
            val store = empty()
            val hand = Hand(store).join()
            val elsewhere = Hand(store)
            val taken = newCall { copy(claimedBy = hand.nonce, claimedIn = "default") }
            val others = listOf(newCall(), newCall { copy(claimedBy = elsewhere.nonce, claimedIn = "default") })
            store.enqueue(listOf(taken) + others).map { it.claim } shouldContainExactly listOf(Claim(hand.nonce, 1, clock.now), null, null)
            val call = store.find(taken.cid)!!
            call shouldBe taken.accepted(clock.now, 0, isHead = true).takenBy(hand.nonce, clock.now)
            call.progress shouldBe PolicyProgress(startedAt = clock.now)
            hand.claim().map { it.cid }.toSet() shouldBe others.map { it.cid }.toSet()
            hand.settle(call.failed()) shouldBe SettleResult.ACCEPTED
            store.pause("default", true)
            val late = taken.copy(cid = CorrelationIds.next())
            store
                .enqueue(listOf(late))
                .single()
                .claim
                .shouldBeNull()
            store.find(late.cid)!! shouldBe late.accepted(clock.now, 0, isHead = true)
        }

        test("a failure from before the call was stored is recorded and counted, but not by its policy") {
            val store = empty()
            val new = newCall { copy(firstFailure = AttemptError(1, Instant.EPOCH, "E", "m", null)) }
            store.enqueue(listOf(new))
            val call = store.find(new.cid)!!
            call.counters shouldBe CallCounters(attempts = 1, failures = 1)
            call.nextAttempt shouldBe 1
            store.errors(new.cid) shouldContainExactly listOf(AttemptError(1, Instant.ofEpochMilli(clock.now), "E", "m", null))
        }

        test("a deadline in the past is rejected, and with it the whole batch") {
            val store = empty()
            shouldThrow<InvalidCallException> { store.enqueue(listOf(newCall(), newCall { copy(deadline = clock.now) })) }
                .message shouldContain "has passed"
            store.counts().shouldBeEmpty()
        }

        test("a call that cannot be tried before its deadline is due at the deadline") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall { copy(deadline = clock.now + 10, delayMillis = 50) })).single().cid
            store.find(cid)!!.dueAt shouldBe clock.now + 10
        }

        test("no call of a paused lane is claimed until it is resumed") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            store.pause("default", true)
            store.pause("default", true)
            hand.claim().shouldBeEmpty()
            store.status(cid)!!.pausedLanes shouldBe setOf("default")
            store.pause("default", false)
            hand.claim() shouldHaveSize 1
        }
    }
