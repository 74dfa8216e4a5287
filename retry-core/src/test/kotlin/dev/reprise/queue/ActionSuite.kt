package dev.reprise.queue

import dev.reprise.policy.RetryPolicyParseException
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.RESET_HEADER
import dev.reprise.queue.model.WORKFLOW_INPUTS
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.ActionPage
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.NewCall
import dev.reprise.workflow.model.OnEnd
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.time.Instant

/** What operators do to calls, in every store. */
internal fun actionSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val all = CallQuery.ALL
        val dead = CallQuery.ALL.states(CallState.DEAD)

        suspend fun CallStore.dead(
            count: Int,
            change: NewCall.() -> NewCall = { this },
        ): List<String> {
            val cids = enqueue(List(count) { newCall { change() } }).map { it.cid }
            settle(Hand(this).join().claim(limit = count).map { it.died() })
            return cids
        }

        fun operator(store: CallStore) = QueueOperator.on(store, Actor("ada", Actor.Via.CLI))

        test("a dry run says what would happen, and changes nothing") {
            val store = open(ManualClock())
            val cids = store.dead(3)
            val result = operator(store).act(OperatorAction.Replay(), dead)
            listOf(result.matched, result.changed, result.skipped, result.sample, result.isComplete) shouldContainExactly
                listOf(3, 3, emptyMap<String, Int>(), cids, true)
            result.auditId.shouldBeNull()
            store.counts().single().state shouldBe CallState.DEAD
            operator(store).audit().items shouldContainExactly emptyList()
        }

        test("an action goes through all pages, and is found in the audit") {
            val clock = ManualClock()
            val store = open(clock)
            store.dead(450)
            val result = operator(store).act(OperatorAction.Discard(), dead, dryRun = false, reason = "tests")
            listOf(result.matched, result.changed, result.sample.size, result.isComplete, result.next) shouldContainExactly
                listOf(450, 450, 20, true, null)
            store.counts() shouldContainExactly emptyList()
            operator(store).audit().items shouldContainExactly
                listOf(
                    AuditEntry.of(
                        result.auditId!!,
                        Instant.ofEpochMilli(clock.now),
                        Actor("ada", Actor.Via.CLI),
                        "discard",
                        "state=DEAD",
                        "tests",
                        450,
                        450,
                        AuditEntry.State.DONE,
                    ),
                )
        }

        test("the entry of the audit is written with each page: an action whose process died shows how far it came") {
            val clock = ManualClock()
            val store = open(clock)
            val cids = store.dead(3)
            val begun = store.operations.record(entry("discard", dead))
            clock.now += 100_000
            store.operations.act(ActionPage(OperatorAction.Discard(), dead, null, 2, begun, noCallbacks, null, 0, 0.0))

            suspend fun audited() = operator(store).audit().items.map { "${it.action}: ${it.changed} of ${it.matched}, ${it.state}" }
            clock.now += 119_999
            audited() shouldContainExactly listOf("discard: 2 of 2, STARTED")
            clock.now += 1
            audited() shouldContainExactly listOf("discard: 2 of 2, BROKEN_OFF")
            cids.map { store.find(it) == null } shouldContainExactly listOf(true, true, false)
        }

        test("an action that reaches its limit continues from its cursor") {
            val store = open(ManualClock())
            store.dead(5)
            val first = operator(store).act(OperatorAction.Discard(), dead, dryRun = false, limit = 3)
            listOf(first.changed, first.isComplete) shouldContainExactly listOf(3, false)
            operator(store).act(OperatorAction.Discard(), dead, dryRun = false, after = first.next).changed shouldBe 2
            operator(store).audit().items.map { "${it.changed} ${it.state}" } shouldContainExactly listOf("2 DONE", "3 LIMITED")
        }

        test("an action with the cursor of another list is refused, and not in the audit") {
            val store = open(ManualClock())
            store.dead(2)
            val other = operator(store).calls(all, limit = 1).next
            shouldThrow<IllegalArgumentException> { operator(store).act(OperatorAction.Discard(), dead, dryRun = false, after = other) }
            operator(store).audit().items shouldContainExactly emptyList()
            store.counts().single().calls shouldBe 2
        }

        test("each action skips what it does not accept, and says why") {
            val skipped =
                listOf(
                    OperatorAction.RetryNow(),
                    OperatorAction.Spread(Duration.ofHours(1)),
                    OperatorAction.ChangePolicy("every(1s) maxAttempts(9)"),
                ) +
                    listOf(OperatorAction.Cancel(), OperatorAction.Replay(), OperatorAction.Discard())
            val seen =
                skipped.map { action ->
                    val store = open(ManualClock())
                    val hand = Hand(store).join()
                    store.enqueue(List(3) { newCall() })
                    val (well, badly) = hand.claim()
                    store.settle(listOf(well.succeeded(), badly.died()))
                    store.enqueue(
                        listOf(newCall(), newCall { copy(delayMillis = 1000) }, newCall { copy(orderKey = "o", delayMillis = 9) }),
                    )
                    store.enqueue(listOf(newCall { copy(orderKey = "o") }))
                    val result = operator(store).act(action, all)
                    val done = operator(store).act(action, all, dryRun = false)
                    done.skipped shouldBe result.skipped
                    "$action: ${done.changed} ${done.skipped}"
                }
            seen shouldContainExactly
                listOf(
                    "retry-now: 2 {NOT_WAITING=5}",
                    "spread PT1H: 4 {NOT_WAITING=3}",
                    "change-policy every(1s) maxAttempts(9): 4 {ENDED=2, RUNNING=1}",
                    "cancel: 5 {ENDED=2}",
                    "replay: 1 {NOT_DEAD=6}",
                    "discard: 2 {LIVE=5}",
                )
        }

        test("calls are made due now, at an instant no later than the deadline, and evenly over a time") {
            val clock = ManualClock()
            val store = open(clock)
            val start = clock.now
            val cids =
                store
                    .enqueue(
                        List(3) {
                            newCall { copy(delayMillis = 600_000) }
                        } + newCall { copy(delayMillis = 1, deadline = start + 5000) },
                    ).map { it.cid }

            suspend fun due() = cids.map { store.find(it)!!.dueAt - start }
            val operator = operator(store)
            operator.act(OperatorAction.Reschedule(Instant.ofEpochMilli(start + 9000)), all, dryRun = false)
            due() shouldContainExactly listOf(9000L, 9000, 9000, 5000)
            operator.act(OperatorAction.Spread(Duration.ofSeconds(8)), all, dryRun = false)
            due() shouldContainExactly listOf(0L, 2000, 4000, 5000)
            clock.now += 1000
            operator.act(OperatorAction.RetryNow(), all, dryRun = false).changed shouldBe 3
            due() shouldContainExactly listOf(0L, 1000, 1000, 1000)
            Hand(store).join().claim().map { it.cid } shouldContainExactly cids
        }

        test("a replay with a rate writes it into the due times, over all pages") {
            val clock = ManualClock()
            val store = open(clock)
            val cids = store.dead(250)
            operator(store).act(OperatorAction.Replay(perSecond = 10.0), dead, dryRun = false)
            listOf(0, 1, 200, 249).map { store.find(cids[it])!!.dueAt - clock.now } shouldContainExactly listOf(0L, 100, 20_000, 24_900)
        }

        test("a replay leaves a call whose unique key is taken, and says by which call") {
            val store = open(ManualClock())
            val cid = store.dead(1) { copy(uniqueKey = "u") }.single()
            val holder = store.enqueue(listOf(newCall { copy(uniqueKey = "u") })).single().cid
            for (dryRun in listOf(true, false)) {
                val result = operator(store).act(OperatorAction.Replay(), dead, dryRun)
                result.skipped shouldBe mapOf("KEY_TAKEN" to 1)
                result.keyHolders shouldBe mapOf(cid to holder)
            }
        }

        test("another policy keeps the count of attempts and starts its memory afresh") {
            val store = open(ManualClock())
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            hand.settle(hand.claim().single().failed(0, policyState = "1"))
            operator(store).act(OperatorAction.ChangePolicy("every(5s) maxAttempts(9)"), all, dryRun = false)
            val call = hand.claim().single()
            listOf(call.cid, call.request.policy, call.nextAttempt, call.progress.policyState) shouldContainExactly
                listOf(cid, "every(5s) maxAttempts(9)", 2, null)
            shouldThrow<RetryPolicyParseException> { OperatorAction.ChangePolicy("whenever") }
        }

        test("a call whose policy this process cannot read keeps it") {
            val store = open(ManualClock())
            val policy = "on(com.example.Gone) every(1s) maxAttempts(3)"
            val cid = store.enqueue(listOf(newCall { copy(policy = policy) })).single().cid
            val action = OperatorAction.ChangePolicy("every(1s) maxAttempts(9)")
            operator(store).act(action, all, dryRun = false).skipped shouldBe mapOf("UNREADABLE" to 1)
            store.find(cid)!!.request.policy shouldBe policy
        }

        test("an operator who cancels a durable workflow decides what becomes of its run") {
            val undone = listOf("told", "charge/undo")
            val seen =
                listOf(null, OnEnd.KEEP, OnEnd.UNDO).map { onEnd ->
                    val store = open(ManualClock())
                    val hand = Hand(store).join()
                    val running = store.enqueue(listOf(newCall { copy(payload = inputs, callbacks = undone) })).single().cid
                    hand.claim()
                    val others =
                        listOf(
                            newCall { copy(payload = inputs, callbacks = undone) },
                            newCall { copy(payload = inputs, callbacks = listOf("told")) },
                            newCall { copy(callbacks = undone) },
                        )
                    val cids = listOf(running) + store.enqueue(others).map { it.cid }
                    operator(store).act(OperatorAction.Cancel(onEnd), all.handlers("charge"), dryRun = false).changed shouldBe 4
                    store.find(running)!!.cancelRequested shouldBe true
                    "$onEnd: " +
                        cids.map {
                            store
                                .find(it)!!
                                .request.callbacks.size
                        }
                }
            seen shouldContainExactly listOf("null: [2, 2, 1, 2]", "KEEP: [1, 1, 1, 2]", "UNDO: [2, 2, 2, 2]")
            listOf("${OperatorAction.Cancel(OnEnd.KEEP)}", "${OperatorAction.Cancel()}") shouldContainExactly
                listOf("cancel keep", "cancel")
        }

        test("a durable workflow that was rejected is replayed only if its run is reset") {
            val store = open(ManualClock())
            val cids = store.enqueue(listOf(newCall { copy(payload = inputs, headers = mapOf("a" to "b")) }, newCall())).map { it.cid }

            suspend fun reject() = store.settle(Hand(store).join().claim().map { it.died(DeadReason.REJECTED) })
            reject()
            val operator = operator(store)
            operator.act(OperatorAction.Replay(), dead).skipped shouldBe mapOf("NEEDS_RESET" to 1)
            operator.act(OperatorAction.Replay(), dead, dryRun = false).skipped shouldBe mapOf("NEEDS_RESET" to 1)
            operator.act(OperatorAction.Replay(perSecond = 5.0, reset = true), dead, dryRun = false, reason = "looked at").changed shouldBe
                1

            suspend fun headers() = store.find(cids[0])!!.request.headers
            headers() shouldBe mapOf("a" to "b", RESET_HEADER to "true")
            reject()
            store.replay(cids)
            headers() shouldBe mapOf("a" to "b")
            operator.audit().items.map { it.action } shouldContainExactly listOf("replay 5.0/s reset", "replay")
        }

        test("cancelled calls are followed by their callbacks, and by the next call of their order") {
            val store = open(ManualClock())
            val cids =
                store
                    .enqueue(
                        List(2) { newCall { copy(orderKey = "o", tags = listOf("t"), callbacks = listOf("told")) } } +
                            newCall { copy(orderKey = "o") },
                    ).map { it.cid }
            val rules = EndRules { call, _ -> listOf(newCall("told", call.cid)) }
            store.operations.act(ActionPage(OperatorAction.Cancel(), all.tags("t"), null, 200, entry("cancel", all), rules, null, 0, 0.0))
            cids.map { store.find(it)!!.state } shouldContainExactly listOf(CallState.CANCELLED, CallState.CANCELLED, CallState.READY)
            Hand(store)
                .join()
                .claim("told")
                .map {
                    it.request.payload.bytes
                        .decodeToString()
                }.sorted() shouldContainExactly cids.take(2)
        }

        test("what ended, or was replayed, between the dry run and the action is skipped, and nothing else happens to it") {
            val store = open(ManualClock())
            val cids = store.dead(2)
            val operator = operator(store)
            operator.act(OperatorAction.Replay(), dead).changed shouldBe 2
            store.replay(cids.take(1))
            val result = operator.act(OperatorAction.Replay(), dead, dryRun = false)
            listOf(result.matched, result.changed) shouldContainExactly listOf(1, 1)
            operator.replay(cids[0]).name shouldBe "NOT_DEAD"
        }

        test("an action that would meet its own calls again is refused") {
            val due = all.states(CallState.READY).handlers("charge").order(CallQuery.Order.DUE)
            shouldThrow<IllegalArgumentException> { operator(open(ManualClock())).act(OperatorAction.RetryNow(), due) }.message shouldBe
                "an action goes through calls as OLDEST or NEWEST: it changes when they are due, and would meet them again"
        }
    }

private val inputs = Payload("{}".encodeToByteArray(), WORKFLOW_INPUTS)

private fun entry(
    action: String,
    query: CallQuery,
) = AuditEntry.of("0", Instant.EPOCH, Actor("ada"), action, query.toString(), null, 0, 0, AuditEntry.State.STARTED)
