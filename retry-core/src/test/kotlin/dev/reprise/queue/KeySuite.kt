package dev.reprise.queue

import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe

/** Unique keys and orders, in every store. */
internal fun keySuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val clock = ManualClock()

        suspend fun empty(): CallStore = open(clock)

        test("a taken unique key returns the first call and writes nothing") {
            val store = empty()
            val first = newCall { copy(uniqueKey = "u") }
            val (a, b) = store.enqueue(listOf(first, newCall { copy(uniqueKey = "u") }))
            a shouldBe EnqueueResult(first.cid, isNew = true)
            b shouldBe EnqueueResult(first.cid, isNew = false)
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single() shouldBe b
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.READY, 1))
        }

        test("a unique key is free after the call ends, unless it outlives the call") {
            val store = empty()
            val kept = newCall { copy(uniqueKey = "kept", keepUniqueKey = true) }
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") }, kept))
            val hand = Hand(store).join()
            store.settle(hand.claim().map { it.succeeded().copy(retainMillis = 1) })
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().isNew shouldBe true
            store.enqueue(listOf(newCall { copy(uniqueKey = "kept") })).single() shouldBe EnqueueResult(kept.cid, isNew = false)
            clock.now += 1
            store.purge(100) shouldBe 2
            store.enqueue(listOf(newCall { copy(uniqueKey = "kept") })).single().isNew shouldBe true
        }

        test("the call that has a unique key is found by it, and none when it has ended") {
            val store = empty()
            val call = newCall { copy(uniqueKey = "u") }.also { store.enqueue(listOf(it)) }
            store.findUnique("u")!!.cid shouldBe call.cid
            store.findUnique("v").shouldBeNull()
            Hand(store).join().let { hand -> store.settle(hand.claim().map { it.succeeded() }) }
            store.findUnique("u").shouldBeNull()
        }

        test("a unique key stays taken for its time after the end of the call, which can be longer than the call is kept") {
            val store = empty()
            val first = newCall { copy(uniqueKey = "u", uniqueForMillis = 1000) }.also { store.enqueue(listOf(it)) }
            val hand = Hand(store).join()
            clock.now += 1500
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single() shouldBe EnqueueResult(first.cid, isNew = false)
            hand.settle(
                hand
                    .claim()
                    .single()
                    .succeeded()
                    .copy(retainMillis = 10),
            )
            store.findUnique("u")!!.state shouldBe CallState.SUCCEEDED
            clock.now += 10
            store.purge(100) shouldBe 1
            store.findUnique("u").shouldBeNull()
            clock.now += 989
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single() shouldBe EnqueueResult(first.cid, isNew = false)
            store.purge(100) shouldBe 0
            clock.now += 1
            val second = newCall { copy(uniqueKey = "u") }
            store.enqueue(listOf(second, newCall { copy(uniqueKey = "u") })) shouldContainExactly
                listOf(EnqueueResult(second.cid, isNew = true), EnqueueResult(second.cid, isNew = false))
        }

        test("a unique key keeps its time when the call is dead, discarded, cancelled or not kept; a purge deletes it then") {
            val store = empty()
            val keys = listOf("dead", "discarded", "cancelled", "not kept")
            val calls = keys.map { newCall { copy(uniqueKey = it, uniqueForMillis = 1000) } }.also { store.enqueue(it) }
            store.cancel(calls[2].cid, noCallbacks)
            val claimed = Hand(store).join().claim().associateBy { it.cid }
            val (dead, discarded) = calls.take(2).map { claimed.getValue(it.cid).died() }
            store.settle(listOf(dead, discarded, claimed.getValue(calls[3].cid).succeeded().copy(keepsSucceeded = false)))
            store.discard(listOf(calls[1].cid)) shouldBe 1

            suspend fun duplicates() = store.enqueue(keys.map { newCall { copy(uniqueKey = it, delayMillis = 1) } })
            duplicates() shouldContainExactly calls.map { EnqueueResult(it.cid, isNew = false) }
            clock.now += 1000
            store.purge(3) shouldBe 3
            store.purge(3) shouldBe 1
            store.purge(3) shouldBe 0
            duplicates().map { it.isNew } shouldContainExactly List(4) { true }
        }

        test("a dead call that is replayed has its unique key until it ends again, unless another call has it") {
            val store = empty()
            val call = newCall { copy(uniqueKey = "u", uniqueForMillis = 1000) }.also { store.enqueue(listOf(it)) }
            val hand = Hand(store).join()

            suspend fun isFree() = store.enqueue(listOf(newCall { copy(uniqueKey = "u", delayMillis = 60_000) })).single().isNew
            hand.settle(hand.claim().single().died())
            store.replay(listOf(call.cid)) shouldContainExactly listOf(ReplayResult.REPLAYED)
            store.find(call.cid)!!.request shouldBe call
            clock.now += 2000
            isFree() shouldBe false
            hand.settle(hand.claim().single().died())
            clock.now += 999
            isFree() shouldBe false
            clock.now += 1
            isFree() shouldBe true
            store.replay(listOf(call.cid)) shouldContainExactly listOf(ReplayResult.KEY_TAKEN)
        }

        test("an order key is live while a call of it has not ended, or a dead one blocks it") {
            val store = empty()
            val names = listOf("future", "running", "held", "blocked", "skipped", "done", "cancelled")

            fun ordered(
                name: String,
                change: NewCall.() -> NewCall = { this },
            ) = newCall(name) { copy(orderKey = name).change() }
            store.enqueue(names.drop(1).map { ordered(it) { copy(onDeadPredecessor = OnDeadPredecessor.SKIP) } })
            store.enqueue(listOf(ordered("future") { copy(delayMillis = 3_600_000) }, ordered("held")))
            val blocked = newCall("blocked") { copy(orderKey = "dead") }.also { store.enqueue(listOf(it)) }
            store.liveOrderKeys(names.toSet() + "dead" + "unknown") shouldContainExactlyInAnyOrder names + "dead"
            val hand = Hand(store).join()
            hand.claim("running").single()
            store.settle(hand.claim("held", "done").map { it.succeeded() } + hand.claim("skipped", "blocked").map { it.died() })
            store.cancel(
                store.operations
                    .calls(CallQuery.ALL.handlers("cancelled"), null, 1)
                    .items
                    .single()
                    .cid,
                noCallbacks,
            )
            store.liveOrderKeys(names.toSet() + "dead") shouldContainExactlyInAnyOrder listOf("future", "running", "held", "dead")
            store.discard(listOf(blocked.cid)) shouldBe 1
            store.liveOrderKeys(setOf("dead", "running")) shouldContainExactlyInAnyOrder listOf("running")
            store.liveOrderKeys(emptySet()).shouldBeEmpty()
        }

        test("the key of a step is taken as long as its parent is stored, whatever happens to the step") {
            val store = empty()
            val parent = newCall("order").also { store.enqueue(listOf(it)) }

            suspend fun step() =
                newCall {
                    copy(
                        uniqueKey = "step",
                        keepUniqueKey = true,
                        origCid = parent.cid,
                    )
                }.let { store.enqueue(listOf(it)).single().isNew }
            val hand = Hand(store).join()
            step() shouldBe true
            hand.settle(hand.claim().single().died())
            step() shouldBe false
            store.discard(store.deadCalls(null, 10).map { it.cid }) shouldBe 1
            step() shouldBe false
            hand.settle(
                hand
                    .claim("order")
                    .single()
                    .succeeded()
                    .copy(retainMillis = 1),
            )
            step() shouldBe false
            clock.now += 1
            store.purge(100) shouldBe 1
            step() shouldBe true
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
            with(store.status(next.cid)!!) {
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

        test("discarding a dead head lets its order continue") {
            val store = empty()
            val (head, next) = List(2) { newCall { copy(orderKey = "o") } }.also { store.enqueue(it) }
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().died())
            store.discard(listOf(head.cid, next.cid, "nobody")) shouldBe 1
            store.find(head.cid).shouldBeNull()
            hand.claim().single().cid shouldBe next.cid
        }

        test("a dead head with skip lets its order continue, and is replayed behind the others") {
            val store = empty()
            val (head, next) =
                List(
                    2,
                ) { newCall { copy(orderKey = "o", onDeadPredecessor = OnDeadPredecessor.SKIP) } }.also { store.enqueue(it) }
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().died())
            val second = hand.claim().single().also { it.cid shouldBe next.cid }
            store.replay(listOf(head.cid)) shouldContainExactly listOf(ReplayResult.REPLAYED)
            store.find(head.cid)!!.state shouldBe CallState.HELD
            hand.settle(second.succeeded())
            hand.claim().single().cid shouldBe head.cid
        }

        test("if the worker of an order's head dies, the head still runs before the calls behind it") {
            val store = empty()
            val (head, next) = List(2) { newCall { copy(orderKey = "o") } }.also { store.enqueue(it) }
            Hand(store).join().claim().map { it.cid } shouldContainExactly listOf(head.cid)
            clock.now += VALID + MARGIN
            val alive = Hand(store).join()
            alive.claim().shouldBeEmpty()
            store.judge()
            val orphan = store.orphans(null, 10).calls.single()
            alive.settle(Settlement(orphan, CallState.READY, AttemptResult.CRASHED))
            val again = alive.claim().single().also { it.cid shouldBe head.cid }
            alive.settle(again.succeeded())
            alive.claim().single().cid shouldBe next.cid
        }

        test("calls of one order that are replayed together keep their order") {
            val store = empty()
            val calls = List(3) { newCall { copy(orderKey = "o", onDeadPredecessor = OnDeadPredecessor.SKIP) } }.also { store.enqueue(it) }
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
            clock.now += VALID + MARGIN
            store.judge()
            val orphan = store.orphans(null, 10).calls.single()
            val death = Settlement(orphan, CallState.DEAD, AttemptResult.CRASHED, deadReason = DeadReason.CRASH_LOOP)
            store.settle(listOf(death)) shouldContainExactly listOf(SettleResult.ACCEPTED)
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().isNew shouldBe true
        }
    }
