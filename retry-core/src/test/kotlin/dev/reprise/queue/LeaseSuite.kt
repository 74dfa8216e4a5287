package dev.reprise.queue

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.LeaseSweep
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
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
            val calls = List(3) { newCall { copy(orderKey = "o", callbacks = listOf("told")) } }
            store.enqueue(calls)
            val told = newCall("told")
            store.cancel(calls[1].cid) { _, _ -> listOf(told) } shouldBe CancelResult.CANCELLED
            store.cancel(calls[1].cid) { _, _ -> listOf(told) } shouldBe CancelResult.ENDED
            store.cancel(calls[0].cid, noCallbacks) shouldBe CancelResult.CANCELLED
            store.cancel("nobody", noCallbacks) shouldBe CancelResult.UNKNOWN
            store.find(calls[1].cid)!!.state shouldBe CallState.CANCELLED
            val hand = Hand(store).join()
            hand.claim("charge", "told").map { it.cid } shouldContainExactlyInAnyOrder listOf(calls[2].cid, told.cid)
        }

        test("a running call is cancelled by its worker, which learns of it when it renews") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val call = hand.claim().single()
            store.cancel(cid) { _, _ -> listOf(newCall("told")) } shouldBe CancelResult.REQUESTED
            store.renewLease(hand.nonce, VALID)!!.cancelRequested shouldContainExactly listOf(cid)
            // A settlement at the same time does not undo the cancellation.
            hand.settle(call.failed(0))
            val again = hand.claim().single()
            again.cancelRequested shouldBe true
            hand.settle(again.cancelled()) shouldBe SettleResult.ACCEPTED
            store.find(cid)!!.state shouldBe CallState.CANCELLED
            hand.claim("told").shouldBeEmpty()
        }

        test("a lease that is over can be renewed until it is judged, and never afterwards") {
            val store = empty()
            store.enqueue(listOf(newCall(), newCall(), newCall()))
            val hand = Hand(store).join()
            clock.now += VALID + MARGIN - 1
            store.judge()
            hand.claim(limit = 1).size shouldBe 1
            store.renewLease(hand.nonce, VALID).shouldNotBeNull()
            clock.now += VALID + MARGIN
            hand.claim(limit = 1).size shouldBe 1
            store.judge()
            store.renewLease(hand.nonce, VALID).shouldBeNull()
            hand.claim().shouldBeEmpty()
            store
                .enqueue(listOf(newCall { copy(claimedBy = hand.nonce, claimedIn = "default") }))
                .single()
                .claim
                .shouldBeNull()
            store.renewLease("nobody", VALID).shouldBeNull()
        }

        for ((jump, way) in listOf(
            25_000L to "forward",
            3_600_000L to "forward by an hour",
            -25_000L to "back",
            -3_600_000L to "back by an hour",
        )) {
            test("no lease is judged by a clock that has jumped $way, and then only those that were not renewed since") {
                val store = empty()
                val (dead, alive) = List(2) { Hand(store).join() }
                store.enqueue(listOf(newCall(), newCall()))
                val lost = dead.claim(limit = 1).single()
                alive.claim(limit = 1).size shouldBe 1
                val expected = clock.now
                clock.now += jump
                store.judge(expected).now shouldBe clock.now
                store.orphans(null, 10).calls.shouldBeEmpty()
                store.renewLease(alive.nonce, VALID).shouldNotBeNull()
                clock.now += VALID - 1
                store.judge().takesOver shouldBe true
                store.orphans(null, 10).calls.map { it.cid } shouldContainExactly listOf(lost.cid)
                store.renewLease(alive.nonce, VALID).shouldNotBeNull()
                store.renewLease(dead.nonce, VALID).shouldBeNull()
            }
        }

        test("one of all processes does what is done for all, and again after a while") {
            val store = empty()

            suspend fun turns() = List(3) { store.takeTurn("purge", 60_000) }
            turns() shouldContainExactly listOf(true, false, false)
            clock.now += 59_999
            turns() shouldContainExactly listOf(false, false, false)
            clock.now += 1
            turns() shouldContainExactly listOf(true, false, false)
            // Even when the clock goes back.
            clock.now -= 3_600_000
            turns() shouldContainExactly listOf(true, false, false)
        }

        test("after an outage, in which no process swept, none judges by the clock for the time of one lease") {
            val store = empty()
            val hand = Hand(store).join()
            store.enqueue(listOf(newCall()))
            hand.claim().size shouldBe 1

            suspend fun sweep(): List<String> {
                store.sweep(LeaseSweep(clock::millis, TOLERANCE, MARGIN, 5_000, outageMillis = 15_000, pauseMillis = VALID, null))
                return store.orphans(null, 10).calls.map { it.cid }
            }
            repeat(2) {
                // In the first round, because it has never been swept at all.
                clock.now += 60_000
                sweep().shouldBeEmpty()
            }
            repeat(4) {
                clock.now += VALID / 4 - 1
                sweep().shouldBeEmpty()
            }
            clock.now += 5_000
            sweep().size shouldBe 1
        }

        test("one process takes over, and looks again when the earliest lease can be judged") {
            val store = empty()
            Hand(store).join()

            suspend fun look() = store.sweep(leaseSweep(clock.now, everyMillis = 5_000))
            List(2) { look() }.map { it.takesOver to it.nextMillis } shouldContainExactly listOf(true to 5_000L, false to 5_000L)
            clock.now += VALID + 2_000
            look().nextMillis shouldBe 3_000
            clock.now += 3_000
            look().run { takesOver to nextMillis } shouldBe (true to 5_000L)
        }

        test("orphans are the running calls of leases that were judged or closed") {
            val store = empty()
            store.enqueue(List(3) { newCall() })
            val dead = Hand(store).join()
            val lost = dead.claim(limit = 2)
            clock.now += VALID - 1
            val alive = Hand(store).join()
            alive.claim(limit = 1).single()
            store.judge()
            store.orphans(null, 10).calls.shouldBeEmpty()
            clock.now += MARGIN + 1
            store.orphans(null, 10).calls.shouldBeEmpty()
            store.judge()
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

        test("the callbacks of a cancelled call report it as it was then") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall { copy(callbacks = listOf("told")) })).single().cid
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().failed(60_000))
            clock.now += 1
            var seen: StoredCall? = null
            var errors = emptyList<AttemptError>()
            store.cancel(cid) { call, failures ->
                seen = call
                errors = failures
                listOf(newCall("told"))
            } shouldBe CancelResult.CANCELLED
            seen shouldBe store.find(cid)
            seen!!.counters.attempts shouldBe 1
            errors.map { it.message } shouldContainExactly listOf("down")
            hand.claim("told").size shouldBe 1
        }

        test("a renewal brings the paused lanes") {
            val store = empty()
            val hand = Hand(store).join()
            store.renewLease(hand.nonce, VALID)!!.pausedLanes.shouldBeEmpty()
            store.pause("slow", paused = true)
            store.renewLease(hand.nonce, VALID)!!.pausedLanes shouldContainExactly setOf("slow")
            store.pause("slow", paused = false)
            store.renewLease(hand.nonce, VALID)!!.pausedLanes.shouldBeEmpty()
        }

        test("the start of an attempt is recorded for the claim that makes it, until that ends") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val first = hand.claim().single()
            store.recordStart(first) shouldBe true
            store.recordStart(first) shouldBe true
            store.find(cid)!!.hasStarted shouldBe true
            hand.settle(first.released())
            store.find(cid)!!.hasStarted shouldBe false
            store.recordStart(first) shouldBe false
            val second = hand.claim().single()
            store.recordStart(first) shouldBe false
            store.find(cid) shouldBe second
            second.hasStarted shouldBe false
        }

        test("a call that was not attempted keeps its place before those that became due later") {
            val store = empty()
            val released = newCall().also { store.enqueue(listOf(it)) }
            clock.now += 1
            val crashed = newCall().also { store.enqueue(listOf(it)) }
            val hand = Hand(store).join()
            val (first, second) = hand.claim()
            clock.now += 1
            val later = newCall().also { store.enqueue(listOf(it)) }
            clock.now += 1
            store.settle(listOf(first.released(), Settlement(second, CallState.READY, AttemptResult.CRASHED)))
            hand.claim().map { it.cid } shouldContainExactly listOf(released.cid, crashed.cid, later.cid)
        }

        test("a cancelled call that its handler wants to retry is due immediately, and is cancelled then") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val call = hand.claim().single()
            store.cancel(cid, noCallbacks) shouldBe CancelResult.REQUESTED
            hand.settle(call.failed(60_000))
            store.find(cid)!!.dueAt shouldBe clock.now
            hand.claim().single().cancelRequested shouldBe true
        }
    }
