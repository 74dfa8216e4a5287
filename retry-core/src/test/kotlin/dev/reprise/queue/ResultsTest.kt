package dev.reprise.queue

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.ResultNotStoredException
import dev.reprise.queue.model.Target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.test.runTest

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
