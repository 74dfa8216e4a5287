package dev.reprise.queue

import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.ResultNotStoredException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnknownCallException
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.milliseconds

/** A result that cannot be stored does not repeat the work. */
class ResultsTest : FunSpec({
    test("a result that is too large is lost, and the call succeeds") {
        runTest {
            var charged = 0
            val queue =
                RetryQueue.on(memory()) {
                    maxPayloadBytes = 1000
                    handle(charge) {
                        charged++
                        "r".repeat(1001)
                    }
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            handle.awaitEnd().run { "$state $attempts $failures $response" } shouldBe "${CallState.SUCCEEDED} 1 0 null"
            shouldThrow<ResultNotStoredException> { handle.await() }.cause?.message shouldContain
                "has 1001 bytes, more than the 1000 allowed"
            charged shouldBe 1
        }
    }

    test("calls that succeeded are counted and not kept if their handler says so; others and dead ones are kept") {
        runTest {
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge, keepSucceeded = false) { if (it == "bad") error("bad") else it }
                    handle(target("refund")) { it }
                    policy { maxAttempts(1) }
                }
            queue.start(backgroundScope)
            val bad = queue.enqueue(charge, "bad")
            bad.awaitEnd().state shouldBe CallState.DEAD
            val gone = queue.enqueue(charge, "42")
            queue.enqueue(target("refund"), "42").await() shouldBe "42"
            while (queue.find(gone.cid) != null) delay(1.milliseconds)
            shouldThrow<UnknownCallException> { gone.await() }
            queue.counts().toSet() shouldBe
                setOf(
                    CallCount("charge", CallState.DEAD, 1),
                    CallCount("charge", CallState.SUCCEEDED, 1),
                    CallCount("refund", CallState.SUCCEEDED, 1),
                )
        }
    }

    test("a result that its codec cannot write is lost, and the call succeeds") {
        runTest {
            var charged = 0
            val mute = PayloadCodec.of<String>("mute", { error("no words") }, { "" })
            val target = Target("charge", PayloadCodec.Text, mute)
            val queue = RetryQueue.on(memory()) { handle(target) { "paid".also { charged++ } } }
            queue.start(backgroundScope)
            val handle = queue.enqueue(target, "42")
            handle.awaitEnd().state shouldBe CallState.SUCCEEDED
            queue.errors(handle.cid).single().message shouldContain "the codec 'mute' cannot write the response of 'charge'"
            charged shouldBe 1
        }
    }
})
