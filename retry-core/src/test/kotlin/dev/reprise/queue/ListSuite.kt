package dev.reprise.queue

import dev.reprise.internal.queue.CorrelationIds
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallQuery.Order
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Instant
import kotlin.time.Duration.Companion.minutes

/** What operators see of the calls, in every store. */
internal fun listSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        val ada = Actor("ada")

        suspend fun QueueOperator.all(
            query: CallQuery,
            limit: Int = 2,
        ): List<String> {
            val found = ArrayList<CallSummary>()
            var next: Cursor? = null
            do {
                // As text, as if another process continued.
                val page = calls(query, next?.toString()?.let(Cursor::of), limit)
                found += page.items
                next = page.next
            } while (next != null)
            return found.map { it.title.orEmpty() }
        }

        test("every filter finds its calls, page by page, each one once") {
            val clock = ManualClock()
            val store = open(clock)
            val operator = QueueOperator.on(store, ada)
            store.crowd(clock)
            val none = CallQuery.ALL
            val found =
                mapOf(
                    "all" to none,
                    "newest" to none.order(Order.NEWEST),
                    "handler" to none.handlers("ship"),
                    "dead" to none.states(CallState.DEAD),
                    "dead of a handler" to none.states(CallState.DEAD).handlers("charge"),
                    "dead of an error" to none.states(CallState.DEAD).errorTypes("java.io.IOException").order(Order.NEWEST),
                    "dead for a reason" to none.deadReasons(DeadReason.REJECTED),
                    "of a version" to none.handlerVersions(2),
                    "below a version" to none.handlerVersionBelow(2),
                    "waiting for a retry" to none.waitingForRetry(),
                    "live with an error" to none.states(CallState.READY, CallState.HELD).errorTypes("java.io.IOException"),
                    "tag" to none.tags("eu"),
                    "both tags" to none.tags("eu", "import"),
                    "due, with a tag" to
                        none
                            .states(CallState.READY)
                            .handlers("charge")
                            .tags("eu")
                            .order(Order.DUE),
                    "order" to none.orderKey("o"),
                    "order with a tag" to none.orderKey("o").tags("eu"),
                    "unique" to none.uniqueKey("u"),
                    "running" to none.states(CallState.RUNNING),
                    "held" to none.states(CallState.HELD),
                    "ready of handlers" to none.states(CallState.READY).handlers("charge", "ship"),
                    "ready, oldest" to none.states(CallState.READY).handlers("charge", "ship").order(Order.OLDEST),
                    "ended" to none.endedSince(Instant.ofEpochMilli(clock.now)).order(Order.NEWEST),
                    "ended before" to none.endedBefore(Instant.ofEpochMilli(clock.now)),
                    "attempts" to none.minAttempts(1).states(CallState.READY),
                    "impossible" to none.states(CallState.READY).deadReasons(DeadReason.EXPIRED),
                ).mapValues { operator.all(it.value).joinToString(" ") }
            found.map { "${it.key}: ${it.value}" } shouldContainExactly
                listOf(
                    "all: a b c d e f g h i",
                    "newest: i h g f e d c b a",
                    "handler: h i",
                    "dead: b c",
                    "dead of a handler: b c",
                    "dead of an error: c b",
                    "dead for a reason: c",
                    "of a version: b c",
                    "below a version: a d",
                    "waiting for a retry: d",
                    "live with an error: d",
                    "tag: b e",
                    "both tags: e",
                    "due, with a tag: e",
                    "order: f g",
                    "order with a tag: ",
                    "unique: e",
                    "running: f",
                    "held: g",
                    "ready of handlers: i e d h",
                    "ready, oldest: d e h i",
                    "ended: c",
                    "ended before: a b",
                    "attempts: d",
                    "impossible: ",
                )
        }

        test("calls are found by their ids, also by actions") {
            val store = open(ManualClock())
            val operator = QueueOperator.on(store, ada)
            store.enqueue(listOf("b", "a", "c").map { newCall(cid = it) })

            operator.calls(CallQuery.ALL.cids("c", "a", "x")).items.map { it.cid } shouldContainExactly listOf("a", "c")
            operator.act(OperatorAction.Cancel(), CallQuery.parse("cid=b&cid=c"), dryRun = false).sample shouldContainExactly
                listOf("b", "c")
            store.find("a")?.state shouldBe CallState.READY
        }

        test("a summary has everything but the payloads, of which it has the sizes") {
            val clock = ManualClock()
            val store = open(clock)
            store.crowd(clock)
            val call =
                QueueOperator
                    .on(store, ada)
                    .calls(CallQuery.ALL.tags("import"))
                    .items
                    .single()
            listOf(
                call.handler,
                call.state,
                call.title,
                call.tags,
                call.uniqueKey,
                call.requestBytes,
                call.responseBytes,
                call.policy,
            ) shouldContainExactly
                listOf("charge", CallState.READY, "e", listOf("eu", "import"), "u", 2, null, POLICY)
            val done =
                QueueOperator
                    .on(store, ada)
                    .calls(CallQuery.ALL.states(CallState.SUCCEEDED))
                    .items
                    .single()
            listOf(done.responseBytes, done.attempts, done.handlerVersion, done.worker) shouldContainExactly listOf(2, 1, 1, null)
        }

        test("an order that no index gives is refused, naming those it has, and so is a cursor of another list") {
            val clock = ManualClock()
            val store = open(clock)
            val operator = QueueOperator.on(store, ada)
            store.crowd(clock)
            shouldThrow<IllegalArgumentException> { operator.calls(CallQuery.ALL.states(CallState.DEAD).order(Order.DUE)) }.message shouldBe
                "the order DUE needs the state READY and handlers or a lane; this query can be listed as OLDEST or NEWEST"
            val next = operator.calls(CallQuery.ALL, limit = 1).next!!
            for (wrong in listOf(next, Cursor.of("none"), Cursor.of("a.b.c"))) {
                shouldThrow<IllegalArgumentException> { operator.calls(CallQuery.ALL.handlers("ship"), wrong) }.message shouldBe
                    "the cursor '$wrong' is not one of this list: pass the cursor of a page of the same query, or start from the beginning"
            }
            shouldThrow<IllegalArgumentException> { operator.audit(next) }.message shouldBe
                "the cursor '$next' is not one of the audit: pass the cursor of a page of it, or start from the beginning"
            shouldThrow<IllegalArgumentException> { operator.calls(limit = 501) }.message shouldBe
                "limit must be from 1 to 500, but was 501"
        }

        test("a page continues behind calls that have ended or were deleted meanwhile") {
            val store = open(ManualClock())
            val cids = store.enqueue(List(5) { newCall() }).map { it.cid }
            val operator = QueueOperator.on(store, ada)
            val first = operator.calls(CallQuery.ALL, limit = 2)
            val calls = Hand(store).join().claim()
            store.settle(calls.take(3).map { it.died() })
            store.discard(cids.take(2))
            operator.calls(CallQuery.ALL, first.next).items.map { it.cid } shouldContainExactly cids.drop(2)
        }

        test("a page examines so many entries at most, says that it is not complete, and continues") {
            val store = open(ManualClock())
            List(5001) { newCall("idle") }.chunked(1000).forEach { store.enqueue(it) }
            store.enqueue(listOf(newCall { copy(title = "needle") }))
            val operator = QueueOperator.on(store, ada)
            val query = CallQuery.ALL.handlers("charge")
            val pages = arrayListOf(operator.calls(query))
            while (pages.last().next != null) pages += operator.calls(query, pages.last().next)
            pages.first().items.map { it.title } shouldContainExactly emptyList()
            pages.first().isComplete shouldBe false
            pages.last().items.map { it.title } shouldContainExactly listOf("needle")
            pages.last().isComplete shouldBe true
        }

        test("a list since an instant, and one of children, have calls of clocks that are ten minutes slow") {
            val clock = ManualClock()
            val store = open(clock)
            val start = clock.now

            /** A call whose id says that it was created at [minute], and that is accepted ten minutes later, on the clock of the store. */
            suspend fun accept(
                minute: Int,
                parent: String? = null,
            ): String {
                clock.now = start + (minute + 10) * 60_000L
                val cid = CorrelationIds.lowest(start + minute * 60_000L) + "0".repeat(22)
                return store
                    .enqueue(
                        listOf(newCall(cid = cid) { copy(title = "$minute", origCid = parent, tags = listOf("t")) }),
                    ).single()
                    .cid
            }
            val parent = accept(60)
            listOf(0 to null, 49 to null, 50 to parent, 51 to null, 55 to parent).forEach { (minute, origCid) -> accept(minute, origCid) }
            val operator = QueueOperator.on(store, ada)
            val late = CallQuery.ALL.enqueuedSince(Instant.ofEpochMilli(start + 60 * 60_000L))
            operator.all(late) shouldContainExactly listOf("50", "51", "55", "60")
            operator.all(late.order(Order.NEWEST)) shouldContainExactly listOf("60", "55", "51", "50")
            operator.all(late.tags("t").order(Order.NEWEST)) shouldContainExactly listOf("60", "55", "51", "50")
            operator.all(CallQuery.ALL.origCid(parent)) shouldContainExactly listOf("50", "55")
        }

        test("calls that are alike are counted in groups") {
            val clock = ManualClock()
            val store = open(clock)
            store.crowd(clock)
            val operator = QueueOperator.on(store, ada)
            val dead = CallQuery.ALL.states(CallState.DEAD)
            val groups =
                listOf(
                    operator.groups(),
                    operator.groups(dead, setOf(GroupBy.HANDLER)),
                    operator.groups(dead, setOf(GroupBy.DEAD_REASON)),
                    operator.groups(CallQuery.ALL, setOf(GroupBy.HANDLER)),
                    operator.groups(CallQuery.ALL.waitingForRetry(), setOf(GroupBy.ERROR_TYPE)),
                    operator.groups(CallQuery.ALL.tags("eu"), setOf(GroupBy.HANDLER)),
                )
            groups.map { it.joinToString(", ") } shouldContainExactly
                listOf(
                    "charge java.io.IOException v2: 2",
                    "charge: 2",
                    "REJECTED: 1, EXHAUSTED: 1",
                    "charge: 7, ship: 2",
                    "java.io.IOException: 1",
                    "charge: 2",
                )
        }

        test("tagged calls are found one by one, wherever they are") {
            val store = open(ManualClock())
            store.enqueue(List(6) { i -> newCall { copy(tags = listOf("eu"), title = "$i", delayMillis = if (i == 4) 90_000 else 0) } })
            val calls = Hand(store).join().claim()
            store.settle(listOf(calls[0].died(), calls[1].succeeded(), calls[2].died(), calls[4].failed()))
            QueueOperator.on(store, ada).all(CallQuery.ALL.tags("eu"), limit = 1) shouldContainExactly listOf("0", "1", "2", "3", "4", "5")
            QueueOperator.on(store, ada).all(CallQuery.ALL.tags("eu").order(Order.NEWEST), limit = 4) shouldContainExactly
                listOf("5", "4", "3", "2", "1", "0")
        }

        test("the calls of an order are listed as they run: the head, those behind it, and what has ended") {
            val store = open(ManualClock())
            val hand = Hand(store).join()

            suspend fun add(title: String) = store.enqueue(listOf(newCall { copy(orderKey = "o", title = title) })).single().cid
            val first = add("first")
            add("second")
            hand.settle(hand.claim().single().died())
            add("third")
            store.cancel(add("fourth"), noCallbacks)
            val operator = QueueOperator.on(store, ada)
            val query = CallQuery.ALL.orderKey("o")
            operator.all(query) shouldContainExactly listOf("second", "third", "first", "fourth")
            store.replay(listOf(first))
            operator.all(query) shouldContainExactly listOf("first", "second", "third", "fourth")
            operator.all(query.states(CallState.HELD)) shouldContainExactly listOf("second", "third")
        }
    }

/** A call in each state, named by its title. */
private suspend fun CallStore.crowd(clock: ManualClock) {
    suspend fun add(
        title: String,
        handler: String = "charge",
        change: NewCall.() -> NewCall = { this },
    ) = enqueue(listOf(newCall(handler) { copy(title = title).change() }))
    val hand = Hand(this).join()

    suspend fun settle(settlement: StoredCall.() -> Settlement) = hand.settle(hand.claim().single().settlement())
    add("a")
    settle { succeeded() }
    add("b") { copy(tags = listOf("eu")) }
    clock.now += 10
    settle { died() }
    clock.now += 10
    add("c")
    settle {
        Settlement(this, CallState.DEAD, AttemptResult.FAILED, deadReason = DeadReason.REJECTED, error = died().error, handlerVersion = 2)
    }
    add("d")
    settle { failed(60_000) }
    add("e") { copy(tags = listOf("eu", "import"), uniqueKey = "u", delayMillis = 30_000) }
    add("f") { copy(orderKey = "o") }
    add("g") { copy(orderKey = "o") }
    hand.claim()
    add("h", "ship") { copy(delayMillis = 90_000) }
    add("i", "ship")
}
