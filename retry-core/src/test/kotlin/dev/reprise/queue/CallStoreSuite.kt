package dev.reprise.queue

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain

/** What every store does: run by the spec of each. [open] makes an empty store on a clock. */
fun callStoreSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val clock = ManualClock()

        suspend fun empty(): CallStore = open(clock)

        test("a call comes back as it was enqueued") {
            val store = empty()
            val new =
                newCall {
                    copy(
                        payload = Payload(byteArrayOf(0, -1, 127), "bytes", 7),
                        priority = 9,
                        deadline = clock.now + 1000,
                        orderKey = "o",
                        onDeadHead = OnDeadHead.Skip,
                        uniqueKey = "u",
                        keepUniqueKey = true,
                        callbacks = listOf("told", "told too"),
                        context = "naïve \uD83D\uDE00 'quoted'",
                        source = "shop",
                        origCid = "c0",
                    )
                }
            store.enqueue(listOf(new)) shouldContainExactly listOf(Accepted(new.cid, isNew = true))
            store.find(new.cid) shouldBe
                Call(new.cid, new, CallState.READY, enqueuedAt = clock.now, dueAt = clock.now, orderSeq = 1)
        }

        test("a claim gives due calls once, higher priorities first, older ones before younger ones") {
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

        test("a claim gives as many calls as are asked for, in all and of each handler, and none of other handlers") {
            val store = empty()
            store.enqueue(List(5) { newCall("charge") } + List(5) { newCall("refund") } + newCall("unknown"))
            val hand = Hand(store).join()
            val order = ClaimOrder(hand.nonce, "default", linkedMapOf("charge" to 2, "refund" to 10), 4)
            store.claim(order).calls.map { it.handler } shouldContainExactlyInAnyOrder listOf("charge", "charge", "refund", "refund")
            hand.claim("charge", "refund").size shouldBe 6
            hand.claim("charge", "refund").shouldBeEmpty()
        }

        test("a claimed call carries its claim, and each claim has a token of its own") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val first = hand.claim().single()
            first.claim shouldBe Claim(hand.nonce, 1, clock.now)
            first.state shouldBe CallState.RUNNING
            first.run.startedAt shouldBe clock.now
            first.counters shouldBe CallCounters(claims = 1)
            store.find(cid) shouldBe first
            hand.settle(first.released()) shouldBe SettleResult.ACCEPTED
            clock.now += 5
            val second = hand.claim().single()
            second.claim shouldBe Claim(hand.nonce, 2, clock.now)
            second.run.startedAt shouldBe clock.now - 5
            second.counters shouldBe CallCounters(claims = 2)
        }

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

        test("the five counters count each its own") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().failed(0, memory = "1,2,3"))
            store.find(cid)!!.run.memory shouldBe "1,2,3"
            hand.settle(hand.claim().single().snoozed(0))
            hand.settle(hand.claim().single().released())
            val call = hand.claim().single()
            hand.settle(Settlement(call, CallState.READY, AttemptResult.CRASHED))
            hand.settle(hand.claim().single().succeeded())
            val ended = store.find(cid)!!
            ended.counters shouldBe CallCounters(claims = 5, attempts = 2, failures = 1, crashes = 1, snoozes = 1)
            ended.crashedAt shouldContainExactly listOf(clock.now)
        }

        test("a failed call is due again after its delay, and its failure is written down") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().failed(60_000))
            hand.claim().shouldBeEmpty()
            store.errors(cid) shouldContainExactly listOf(AttemptError(1, clock.now, "java.io.IOException", "down", hand.nonce))
            clock.now += 60_000
            store.renew(hand.nonce, VALID).shouldBeNull()
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

        test("no settlement is accepted but that of the present claim") {
            val store = empty()
            store.enqueue(listOf(newCall()))
            val hand = Hand(store).join()
            val first = hand.claim().single()
            hand.settle(first.released()) shouldBe SettleResult.ACCEPTED
            // The call is ready: nobody may settle it.
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

        test("a stale settlement leaves no error, no callback, no freed key behind") {
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

        test("callbacks come with the end, in the same batch as other ends") {
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

        test("a taken unique key gives the first call back and writes nothing") {
            val store = empty()
            val first = newCall { copy(uniqueKey = "u") }
            val (a, b) = store.enqueue(listOf(first, newCall { copy(uniqueKey = "u") }))
            a shouldBe Accepted(first.cid, isNew = true)
            b shouldBe Accepted(first.cid, isNew = false)
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single() shouldBe b
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.READY, 1))
        }

        test("a unique key is free after the end, unless it is to be kept") {
            val store = empty()
            val kept = newCall { copy(uniqueKey = "kept", keepUniqueKey = true) }
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") }, kept))
            val hand = Hand(store).join()
            store.settle(hand.claim().map { it.succeeded() })
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().isNew shouldBe true
            store.enqueue(listOf(newCall { copy(uniqueKey = "kept") })).single() shouldBe Accepted(kept.cid, isNew = false)
            clock.now += 1
            store.tidy(1, 100) shouldBe 2
            store.enqueue(listOf(newCall { copy(uniqueKey = "kept") })).single().isNew shouldBe true
        }

        test("calls of one order run one after the other") {
            val store = empty()
            val calls = List(3) { newCall { copy(orderKey = "o") } }
            store.enqueue(calls)
            val hand = Hand(store).join()
            store.counts() shouldContainExactlyInAnyOrder
                listOf(CallCount("charge", CallState.READY, 1), CallCount("charge", CallState.HELD, 2))
            for (expected in calls) {
                val head = hand.claim().single()
                head.cid shouldBe expected.cid
                // A retry does not let the next one pass.
                hand.settle(head.failed(0))
                hand.settle(
                    hand
                        .claim()
                        .single()
                        .also { it.cid shouldBe expected.cid }
                        .succeeded(),
                )
            }
            val later = newCall { copy(orderKey = "o") }
            store.enqueue(listOf(later))
            hand.claim().single().cid shouldBe later.cid
        }

        test("a dead head blocks its order until it is replayed with success") {
            val store = empty()
            val (head, next) = List(2) { newCall { copy(orderKey = "o") } }.also { store.enqueue(it) }
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().died())
            hand.claim().shouldBeEmpty()
            with(store.situation(next.cid)!!) {
                this.head shouldBe head.cid
                headIsDead shouldBe true
            }
            store.enqueue(listOf(newCall { copy(orderKey = "o") }))
            hand.claim().shouldBeEmpty()
            store.replay(listOf(head.cid)) shouldContainExactly listOf(ReplayResult.REPLAYED)
            hand.settle(
                hand
                    .claim()
                    .single()
                    .also { it.cid shouldBe head.cid }
                    .succeeded(),
            )
            hand.claim().single().cid shouldBe next.cid
        }

        test("a dead head that is discarded lets its order go on") {
            val store = empty()
            val (head, next) = List(2) { newCall { copy(orderKey = "o") } }.also { store.enqueue(it) }
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().died())
            store.discard(listOf(head.cid, next.cid, "nobody")) shouldBe 1
            store.find(head.cid).shouldBeNull()
            hand.claim().single().cid shouldBe next.cid
        }

        test("a dead head that skips lets its order go on, and is replayed behind the others") {
            val store = empty()
            val (head, next) = List(2) { newCall { copy(orderKey = "o", onDeadHead = OnDeadHead.Skip) } }.also { store.enqueue(it) }
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().died())
            val second = hand.claim().single().also { it.cid shouldBe next.cid }
            store.replay(listOf(head.cid)) shouldContainExactly listOf(ReplayResult.REPLAYED)
            store.find(head.cid)!!.state shouldBe CallState.HELD
            hand.settle(second.succeeded())
            hand.claim().single().cid shouldBe head.cid
        }

        test("a replay begins a new run and keeps what is known") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall { copy(deadline = clock.now + 100) })).single().cid
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().failed(0, memory = "1"))
            hand.settle(hand.claim().single().died(DeadReason.EXPIRED))
            store.find(cid)!!.deadReason shouldBe DeadReason.EXPIRED
            clock.now += 200
            store.replay(listOf(cid, "nobody")) shouldContainExactly listOf(ReplayResult.REPLAYED, ReplayResult.NOT_DEAD)
            store.replay(listOf(cid)) shouldContainExactly listOf(ReplayResult.NOT_DEAD)
            val call = hand.claim().single()
            call.deadReason.shouldBeNull()
            call.endedAt.shouldBeNull()
            call.nextAttempt shouldBe 1
            call.run shouldBe CallRun(clock.now, attemptsBefore = 2)
            call.counters shouldBe CallCounters(claims = 3, attempts = 2, failures = 2)
            call.order.deadline.shouldBeNull()
            store.errors(cid) shouldHaveSize 2
        }

        test("a replay is refused while another call has the unique key") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().cid
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().died())
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().isNew shouldBe true
            store.replay(listOf(cid)) shouldContainExactly listOf(ReplayResult.KEY_TAKEN)
            store.find(cid)!!.state shouldBe CallState.DEAD
        }

        test("dead calls are listed page by page") {
            val store = empty()
            val cids = store.enqueue(List(5) { newCall() }).map { it.cid }
            val hand = Hand(store).join()
            store.settle(hand.claim().map { it.died() })
            store.dead(null, 2).map { it.cid } shouldContainExactly cids.take(2)
            store.dead(cids[1], 2).map { it.cid } shouldContainExactly cids.drop(2).take(2)
            store.dead(cids[4], 2).shouldBeEmpty()
        }

        test("what waits is cancelled at once, with its callbacks") {
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

        test("a running call is cancelled by its worker, who hears of it when it renews") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val call = hand.claim().single()
            store.cancel(cid, listOf(newCall("told"))) shouldBe CancelResult.REQUESTED
            store.renew(hand.nonce, VALID)!!.cancelRequested shouldContainExactly listOf(cid)
            // A settlement that crosses the wish does not undo it.
            hand.settle(call.failed(0))
            val again = hand.claim().single()
            again.cancelRequested shouldBe true
            hand.settle(again.cancelled()) shouldBe SettleResult.ACCEPTED
            store.find(cid)!!.state shouldBe CallState.CANCELLED
            hand.claim("told").shouldBeEmpty()
        }

        test("a lease is valid until its time is over and is not mended then") {
            val store = empty()
            store.enqueue(listOf(newCall(), newCall()))
            val hand = Hand(store).join()
            clock.now += VALID - 1
            store.renew(hand.nonce, VALID).shouldNotBeNull()
            hand.claim(limit = 1).size shouldBe 1
            clock.now += VALID
            store.renew(hand.nonce, VALID).shouldBeNull()
            hand.claim().shouldBeEmpty()
            store.renew("nobody", VALID).shouldBeNull()
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
            // Whoever comes first: the rescuer, then the worker that was thought dead.
            alive.settle(Settlement(lost[0], CallState.READY, AttemptResult.CRASHED)) shouldBe SettleResult.ACCEPTED
            dead.settle(lost[0].succeeded()) shouldBe SettleResult.STALE
            // The other way round.
            dead.settle(lost[1].succeeded()) shouldBe SettleResult.ACCEPTED
            alive.settle(Settlement(lost[1], CallState.READY, AttemptResult.CRASHED)) shouldBe SettleResult.STALE
            store.leave(alive.nonce)
            store.orphans(null, 10).calls shouldHaveSize 1
        }

        test("the head of an order whose worker died goes first again, before those behind it") {
            val store = empty()
            val (head, next) = List(2) { newCall { copy(orderKey = "o") } }.also { store.enqueue(it) }
            Hand(store).join().claim().map { it.cid } shouldContainExactly listOf(head.cid)
            clock.now += VALID
            val alive = Hand(store).join()
            alive.claim().shouldBeEmpty()
            val orphan = store.orphans(null, 10).calls.single()
            alive.settle(Settlement(orphan, CallState.READY, AttemptResult.CRASHED))
            val again = alive.claim().single().also { it.cid shouldBe head.cid }
            alive.settle(again.succeeded())
            alive.claim().single().cid shouldBe next.cid
        }

        test("calls of one order that are replayed together keep their order") {
            val store = empty()
            val calls = List(3) { newCall { copy(orderKey = "o", onDeadHead = OnDeadHead.Skip) } }.also { store.enqueue(it) }
            val hand = Hand(store).join()
            repeat(3) { hand.settle(hand.claim().single().died()) }
            store.replay(calls.map { it.cid }.reversed()).toSet() shouldBe setOf(ReplayResult.REPLAYED)
            val seen =
                List(3) {
                    hand
                        .claim()
                        .single()
                        .also { hand.settle(it.succeeded()) }
                        .cid
                }
            seen shouldContainExactly calls.map { it.cid }
        }

        test("the unique key of a call that dies with its workers is free again") {
            val store = empty()
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") }))
            Hand(store).join().claim()
            clock.now += VALID
            val orphan = store.orphans(null, 10).calls.single()
            val death = Settlement(orphan, CallState.DEAD, AttemptResult.CRASHED, deadReason = DeadReason.CRASH_LOOP)
            store.settle(listOf(death)) shouldContainExactly listOf(SettleResult.ACCEPTED)
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().isNew shouldBe true
        }

        test("a paused lane gives nothing until it is resumed") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            store.pause("default", true)
            store.pause("default", true)
            hand.claim().shouldBeEmpty()
            store.situation(cid)!!.pausedLanes shouldBe setOf("default")
            store.pause("default", false)
            hand.claim() shouldHaveSize 1
        }

        test("what ended is removed after its retention, and what died is not") {
            val store = empty()
            val hand = Hand(store).join()
            val (well, badly) = store.enqueue(List(2) { newCall() }).map { it.cid }
            val calls = hand.claim().associateBy { it.cid }
            store.settle(listOf(calls.getValue(well).succeeded(), calls.getValue(badly).died()))
            clock.now += 99
            store.tidy(100, 10) shouldBe 0
            clock.now += 1
            store.tidy(100, 10) shouldBe 1
            store.find(well).shouldBeNull()
            store.find(badly).shouldNotBeNull()
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.DEAD, 1))
        }

        test("counts are right after every kind of move") {
            val store = empty()
            val hand = Hand(store).join()
            store.enqueue(List(6) { newCall() } + List(2) { newCall { copy(orderKey = "o") } })
            val calls = hand.claim()
            calls shouldHaveSize 7
            store.settle(
                listOf(
                    calls[0].succeeded(),
                    calls[1].succeeded(),
                    calls[2].died(),
                    calls[3].died(),
                    calls[4].cancelled(),
                    calls[5].failed(),
                ),
            )
            store.replay(listOf(calls[2].cid))
            store.discard(listOf(calls[3].cid))
            store.counts().associate { it.state to it.calls } shouldBe
                mapOf(
                    CallState.SUCCEEDED to 2L,
                    CallState.CANCELLED to 1L,
                    CallState.READY to 2L,
                    CallState.RUNNING to 1L,
                    CallState.HELD to 1L,
                )
        }

        test("a call can be enqueued as claimed by the one who makes its first attempt") {
            val store = empty()
            val hand = Hand(store).join()
            val new = newCall { copy(claimedBy = hand.nonce) }
            val claim = store.enqueue(listOf(new)).single().claim
            claim shouldBe Claim(hand.nonce, 1, clock.now)
            hand.claim().shouldBeEmpty()
            val call = store.find(new.cid)!!
            call.claim shouldBe claim
            call.run.attemptsBefore shouldBe 1
            hand.settle(call.succeeded()) shouldBe SettleResult.ACCEPTED
            // Behind another call it waits like any other.
            val held = List(2) { newCall { copy(orderKey = "o", claimedBy = hand.nonce) } }
            store.enqueue(held).map { it.claim != null } shouldContainExactly listOf(true, false)
        }

        test("a worker can take calls as they are enqueued, unless its lease is over or the lane is paused") {
            val store = empty()
            val hand = Hand(store).join()
            val elsewhere = Hand(store)
            val taken = newCall { copy(claimedBy = hand.nonce, claimedIn = "default") }
            val others = listOf(newCall(), newCall { copy(claimedBy = elsewhere.nonce, claimedIn = "default") })
            store.enqueue(listOf(taken) + others).map { it.claim } shouldContainExactly listOf(Claim(hand.nonce, 1, clock.now), null, null)
            val call = store.find(taken.cid)!!
            call shouldBe taken.accepted(clock.now, 0, isHead = true).takenBy(hand.nonce, clock.now)
            call.run shouldBe CallRun(startedAt = clock.now)
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

        test("a failure from before the call was stored is written down and counted, but not by its policy") {
            val store = empty()
            val new = newCall { copy(firstFailure = AttemptError(1, 0, "E", "m", null)) }
            store.enqueue(listOf(new))
            val call = store.find(new.cid)!!
            call.counters shouldBe CallCounters(attempts = 1, failures = 1)
            call.nextAttempt shouldBe 1
            store.errors(new.cid) shouldContainExactly listOf(AttemptError(1, clock.now, "E", "m", null))
        }

        test("a deadline in the past is refused, and with it the whole batch") {
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

        test("every move that is not in the table is refused") {
            for (from in CallState.entries) {
                for (to in CallState.entries) {
                    val store = empty()
                    val moved = Mover(store, clock).tryMove(from, to)
                    moved shouldBe (from != to && CallMoves.reason(from, to) != null)
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
        } catch (e: IllegalMoveException) {
            // Said by the settlement itself.
        }
        val state = store.find(call.cid)!!.state
        clock.now++
        if (state != to) state shouldBe from
        return from != to && state == to
    }

    private suspend fun operation(
        call: Call,
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
                    store.cancel(call.cid, emptyList())
                }
            }
        }
    }

    private suspend fun settleOrReplay(call: Call) {
        settle(call) { it.released() }
        store.replay(listOf(call.cid))
    }

    /** Settles with the claim that the call has, or one that is made up. */
    private suspend fun settle(
        call: Call,
        how: (Call) -> Settlement,
    ) {
        val claim = call.claim ?: Claim(hand.nonce, call.token, clock.now)
        hand.settle(how(call.copy(claim = claim)))
    }

    private suspend fun endHead() = hand.settle(hand.claim().single().succeeded())

    private suspend fun bring(
        state: CallState,
        isReplayedBehind: Boolean,
    ): Call {
        val isOrdered = state == CallState.HELD || isReplayedBehind
        val order = if (isOrdered) "o" else null
        if (state == CallState.HELD) store.enqueue(listOf(newCall { copy(orderKey = order) }))
        val cid = store.enqueue(listOf(newCall { copy(orderKey = order, onDeadHead = OnDeadHead.Skip) })).single().cid
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
                store.cancel(cid, emptyList())
            }
        }
        if (isReplayedBehind) store.enqueue(listOf(newCall { copy(orderKey = order) }))
        return store.find(cid)!!
    }
}
