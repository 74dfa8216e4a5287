package dev.reprise.queue

import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.QueueClosedException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.future.await

class CallFuturesTest : FunSpec({
    test("the futures of a handle complete with the result and with the call") {
        val queue = RetryQueue.inMemory { handle(charge) { "paid $it" } }
        coroutineScope {
            queue.start(this)
            val handle = queue.enqueue(charge, "42")
            handle.resultAsync().await() shouldBe "paid 42"
            handle.endAsync().await().state shouldBe CallState.SUCCEEDED
            queue.shutdown()
        }
    }

    test("a future whose call has not ended completes when the queue shuts down, and so does one obtained later") {
        val queue = RetryQueue.inMemory { handle(charge) { "paid $it" } }
        val handle = queue.enqueue(charge, "42")
        val before = handle.resultAsync()
        queue.shutdown()
        for (future in listOf(before, handle.endAsync())) {
            shouldThrow<QueueClosedException> { future.await() }
        }
    }

    test("a call built for a test has the values that were set, and does not print its payload") {
        val call =
            Call.of("cid-1", charge) {
                state = CallState.DEAD
                attempts = 3
            }
        "$call ${call.attempts}" shouldBe "Call(cid-1, charge, DEAD) 3"
    }
})
