package dev.reprise.queue

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStore
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.time.Instant

/** What a call carries for people and other programs, and the class of its last failure, in every store. */
internal fun labelSuite(open: suspend (CallClock) -> CallStore) =
    funSpec {
        test("tags, title and headers come back with a claim, after the end and after a replay") {
            val store = open(ManualClock())
            val headers = mapOf("traceparent" to "00-1-2-01", "note" to "a: b, c=d")
            val labelled = newCall { copy(tags = listOf("tenant:42", "import"), title = "invoice 7", headers = headers) }
            store.enqueue(listOf(labelled, newCall()))
            val hand = Hand(store).join()
            val calls = hand.claim()
            store.settle(calls.map { it.died() })
            store.replay(calls.map { it.cid })
            val seen = listOf(calls, calls.map { store.find(it.cid)!! }, hand.claim())
            for (some in seen) {
                some.map { it.request.tags } shouldContainExactly listOf(listOf("tenant:42", "import"), emptyList())
                some.map { it.request.title } shouldContainExactly listOf("invoice 7", null)
                some.map { it.request.headers } shouldContainExactly listOf(headers, emptyMap())
            }
        }

        test("the class of the last failure stays with a call, whatever happens to it afterwards") {
            val store = open(ManualClock())
            val cid = store.enqueue(listOf(newCall())).single().cid
            val hand = Hand(store).join()
            val seen = ArrayList<String?>()

            suspend fun look() = seen.add(store.find(cid)!!.errorType)
            look()
            hand.settle(hand.claim().single().failed(0))
            look()
            hand.settle(hand.claim().single().released())
            look()
            hand.settle(hand.claim().single().died())
            look()
            store.replay(listOf(cid))
            hand.settle(hand.claim().single().succeeded())
            look()
            seen shouldContainExactly listOf(null) + List(4) { "java.io.IOException" }
        }

        test("the failure of a first attempt of the caller counts as the last one") {
            val store = open(ManualClock())
            val failure = AttemptError(1, Instant.EPOCH, "shop.Declined", "no", null)
            val cid = store.enqueue(listOf(newCall { copy(firstFailure = failure) })).single().cid
            store.find(cid)!!.errorType shouldBe "shop.Declined"
        }
    }
