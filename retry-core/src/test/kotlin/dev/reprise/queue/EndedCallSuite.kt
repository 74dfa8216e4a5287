package dev.reprise.queue

import dev.reprise.internal.queue.operate.WorkerText
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.PolicyProgress
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import java.time.Instant
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What happens to calls that have ended, in every store, and how they are counted. */
internal fun endedCallSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val clock = ManualClock()

        suspend fun empty(): CallStore = open(clock)

        test("a replay starts a new run and keeps the history") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall { copy(deadline = clock.now + 100) })).single().cid
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().failed(0, policyState = "1"))
            hand.settle(hand.claim().single().died(DeadReason.EXPIRED))
            store.find(cid)!!.deadReason shouldBe DeadReason.EXPIRED
            clock.now += 200
            store.replay(listOf(cid, "nobody")) shouldContainExactly listOf(ReplayResult.REPLAYED, ReplayResult.NOT_DEAD)
            store.replay(listOf(cid)) shouldContainExactly listOf(ReplayResult.NOT_DEAD)
            val call = hand.claim().single()
            call.deadReason.shouldBeNull()
            call.endedAt.shouldBeNull()
            call.nextAttempt shouldBe 1
            call.progress shouldBe PolicyProgress(clock.now, attemptsBefore = 2)
            call.counters shouldBe CallCounters(claims = 3, attempts = 2, failures = 2)
            call.request.deadline.shouldBeNull()
            store.errors(cid) shouldHaveSize 2
        }

        test("a replay is rejected while another call has the unique key") {
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
            store.deadCalls(null, 2).map { it.cid } shouldContainExactly cids.take(2)
            store.deadCalls(cids[1], 2).map { it.cid } shouldContainExactly cids.drop(2).take(2)
            store.deadCalls(cids[4], 2).shouldBeEmpty()
        }

        test("completed calls are removed after their retention, dead calls are not") {
            val store = empty()
            val hand = Hand(store).join()
            val (well, badly) = store.enqueue(List(2) { newCall() }).map { it.cid }
            val calls = hand.claim().associateBy { it.cid }
            store.settle(listOf(calls.getValue(well).succeeded().copy(retainMillis = 100), calls.getValue(badly).died()))
            clock.now += 99
            store.purge(10) shouldBe 0
            clock.now += 1
            store.purge(10) shouldBe 1
            store.find(well).shouldBeNull()
            store.find(badly).shouldNotBeNull()
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.DEAD, 1))
        }

        test("a cancelled call is kept for as long as the rules say, and a replayed one has no expiry") {
            val store = empty()
            val (cancelled, dead) = store.enqueue(List(2) { newCall() }).map { it.cid }
            val rules =
                object : EndRules {
                    override fun callbacks(
                        call: StoredCall,
                        errors: List<AttemptError>,
                    ): List<NewCall> = emptyList()

                    override fun retainMillis(call: StoredCall): Long = 7
                }
            store.cancel(cancelled, rules)
            store.find(cancelled)!!.expiresAt shouldBe clock.now + 7
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().died())
            store.find(dead)!!.expiresAt.shouldBeNull()
            store.replay(listOf(dead))
            clock.now += 7
            store.purge(10) shouldBe 1
            store.find(cancelled).shouldBeNull()
            store.find(dead)!!.expiresAt.shouldBeNull()
        }

        test("a call that is cancelled where its handler is unknown is kept as long as a live worker announces, otherwise three days") {
            val store = empty()
            val operator = QueueOperator.on(store, Actor("ada"))
            val worker = Hand(store).join()
            val weeks = "handler\tcharge\tdefault\t\t\t${7.days.inWholeMilliseconds}\nhandler\tship\tdefault\t\t\t1"
            store.operations.describe(
                WorkerText.read(worker.nonce, "one", weeks, inFlight = 0, hung = 0, validUntil = 0, now = 0, emptySet()),
            )
            val (one, other, late) = store.enqueue(List(3) { newCall() }).map { it.cid }
            operator.cancel(one)
            operator.act(OperatorAction.Cancel(), CallQuery.ALL.cids(other), dryRun = false)
            val end = clock.now
            clock.now += 7.days.inWholeMilliseconds - 1
            store.purge(10) shouldBe 0
            clock.now += 1
            store.purge(10) shouldBe 2
            // The lease of the worker is over.
            operator.cancel(late)
            listOf(one, other, late).map { store.find(it)?.expiresAt?.minus(end) } shouldContainExactly
                listOf(null, null, 10.days.inWholeMilliseconds)
        }

        test("the request of a call that succeeded is kept if the settlement says so, and that of a dead call in any case") {
            val store = empty()
            val cids = store.enqueue(List(3) { newCall() }).map { it.cid }
            val (kept, dropped, dead) = Hand(store).join().claim()
            store.settle(
                listOf(kept.succeeded(), dropped.succeeded().copy(keepsPayload = false), dead.died().copy(keepsPayload = false)),
            )
            cids.map {
                store
                    .find(it)!!
                    .request.payload.bytes
                    .decodeToString()
            } shouldContainExactly listOf("42", "", "42")
            store
                .find(cids[1])!!
                .request.payload.codec shouldBe "text"
        }

        test("a call that is not kept after its success is counted, and leaves nothing behind") {
            val store = empty()
            val hand = Hand(store).join()
            val cid = store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().cid
            store.enqueue(listOf(newCall("step") { copy(uniqueKey = "s", keepUniqueKey = true, origCid = cid) }))
            hand.settle(hand.claim().single().failed(0))
            hand.settle(
                hand
                    .claim()
                    .single()
                    .succeeded()
                    .copy(keepsSucceeded = false),
            )
            store.find(cid).shouldBeNull()
            store.errors(cid).shouldBeEmpty()
            store.counts().toSet() shouldBe setOf(CallCount("charge", CallState.SUCCEEDED, 1), CallCount("step", CallState.READY, 1))
            store.enqueue(listOf(newCall { copy(uniqueKey = "u") }, newCall("step") { copy(uniqueKey = "s") })).map { it.isNew } shouldBe
                listOf(true, true)
        }

        test("of each failure its causes and hints are kept, and of the first and the last one the stack trace") {
            val store = empty()
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            repeat(3) { i ->
                val error =
                    AttemptError(
                        i + 1,
                        Instant.EPOCH,
                        "java.io.IOException",
                        "down",
                        hand.nonce,
                        listOf("java.net.ConnectException: refused", "E: "),
                        "at shop.Charge($i)",
                        1500.milliseconds,
                        2.seconds,
                        true,
                        7,
                    )
                val call = hand.claim().single()
                hand.settle(Settlement(call, CallState.READY, AttemptResult.FAILED, error = error))
            }
            val errors = store.errors(cid)
            errors.map { it.trace } shouldContainExactly listOf("at shop.Charge(0)", null, "at shop.Charge(2)")
            errors[1].run { listOf(causes.size, elapsed, retryAfter, isRetryable, handlerVersion) } shouldContainExactly
                listOf(2, 1500.milliseconds, 2.seconds, true, 7)
        }

        test("counts are right after every kind of transition") {
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
    }
