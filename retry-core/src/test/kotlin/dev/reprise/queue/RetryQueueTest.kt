@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.RetryPolicies
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.KeyTooLongException
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.PayloadTooLargeException
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnknownHandlerException
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallCounters
import dev.reprise.retry
import dev.reprise.run.StopSignal
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

private class Mute : RuntimeException() {
    override val message: String get() = error("no words")
}

class RetryQueueTest : FunSpec({
    test("the default policy makes 81 attempts over three days") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { throw IOException("down") } }
            queue.start(backgroundScope)
            val call = queue.enqueue(charge, "42 EUR").awaitEnd()
            call.counters shouldBe CallCounters(claims = 81, attempts = 81, failures = 81)
            call.deadReason shouldBe DeadReason.EXHAUSTED
        }
    }

    test("a call returns what its handler returned") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { "paid $it" } }
            queue.start(backgroundScope)
            queue.enqueue(charge, "42 EUR").await() shouldBe "paid 42 EUR"
            queue.counts() shouldContainExactly listOf(CallCount("charge", CallState.SUCCEEDED, 1))
        }
    }

    test("a call keeps its id through all attempts, and the attempts are numbered from 1") {
        runTest {
            val seen = ArrayList<String>()
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) {
                        seen += "$attempt ${call.cid} at $currentTime"
                        if (attempt < 3) throw IOException("down")
                        "paid"
                    }
                }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    policy {
                        every(10.seconds)
                        maxAttempts(3)
                    }
                }
            handle.await() shouldBe "paid"
            seen shouldContainExactly listOf("1 ${handle.cid} at 0", "2 ${handle.cid} at 10000", "3 ${handle.cid} at 20000")
            queue.errors(handle.cid).map { "${it.attempt} ${it.at.toEpochMilli()} ${it.message}" } shouldContainExactly
                listOf("1 0 down", "2 10000 down")
        }
    }

    test("a repaired handler makes the next attempt succeed") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { throw IOException("a bug") } }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            delay(30.seconds)
            queue.replaceHandler(charge, version = 2) { "repaired" }
            handle.await() shouldBe "repaired"
            currentTime shouldBe 60_000
            queue.find(handle.cid)!!.handlerVersion shouldBe 2
        }
    }

    test("a snooze uses up no attempt") {
        runTest {
            var times = 0
            val queue = RetryQueue.on(memory()) { handle(charge) { if (times++ < 5) snooze(1.hours) else "at last" } }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    policy {
                        every(1.seconds)
                        maxAttempts(1)
                    }
                }
            handle.await() shouldBe "at last"
            currentTime shouldBe 5 * 3_600_000
            queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 6, attempts = 1, snoozes = 5)
        }
    }

    test("a failure that the policy does not retry rejects the call, and so does the handler's own rejection") {
        runTest {
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) { throw IllegalStateException("never") }
                    handle(target("refund")) { reject("no such account") }
                }
            queue.start(backgroundScope)
            val first =
                queue.enqueue(charge, "42") {
                    policy {
                        on<IOException>()
                        every(1.seconds)
                        maxAttempts(9)
                    }
                }
            first.awaitEnd().deadReason shouldBe DeadReason.REJECTED
            val second = queue.enqueue("refund", "42")
            second.awaitEnd().deadReason shouldBe DeadReason.REJECTED
            queue.errors(second.cid).single().message shouldBe "no such account"
            shouldThrow<CallFailedException> { second.await() }.message shouldContain "died (REJECTED) after 1 attempt"
        }
    }

    test("an undecodable payload is an ordinary failure, with history and the raw bytes kept") {
        runTest {
            val broken =
                object : PayloadCodec<String> by PayloadCodec.Text {
                    override fun decode(
                        bytes: ByteArray,
                        version: Int,
                    ): String = error("version $version is unknown")
                }
            val queue = RetryQueue.on(memory()) { handle(Target("charge", broken, PayloadCodec.Text)) { it } }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    policy {
                        every(1.seconds)
                        maxAttempts(2)
                    }
                }
            val call = handle.awaitEnd()
            call.counters.failures shouldBe 2
            call.request shouldBe Payload("42".toByteArray(), "text")
            queue.errors(handle.cid).last().message shouldContain "version 1 is unknown"
        }
    }

    test("invalid arguments are rejected with the value and how to fix it") {
        runTest {
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) { it }
                    maxPayloadBytes = 3
                }
            shouldThrow<PayloadTooLargeException> { queue.enqueue(charge, "four") }.message shouldContain
                "has 4 bytes, more than the 3 allowed"
            shouldThrow<KeyTooLongException> { queue.enqueue(charge, "") { uniqueKey = "k".repeat(201) } }.message shouldContain "has 201"
            shouldThrow<DeadlinePassedException> { queue.enqueue(charge, "") { deadline = Instant.EPOCH } }.message shouldContain
                "has passed"
            shouldThrow<DeadlinePassedException> { queue.enqueue(charge, "") { deadline = Instant.MIN } }
            shouldThrow<InvalidCallException> { queue.enqueue("charge", 42) }.message shouldContain
                "the codec 'text' of 'charge' cannot write a java.lang.Integer"
            shouldThrow<InvalidCallException> { queue.enqueue(charge, "") { priority = 10 } }.message shouldContain "but was 10"
            shouldThrow<IllegalArgumentException> { queue.enqueue(charge, "") { policy(RetryPolicies.zato(3)) } }.message shouldContain
                "neither was set"
            shouldThrow<IllegalArgumentException> {
                queue.enqueue(
                    charge,
                    "",
                ) { policy(RetryPolicies.zato(3, 1, 1)) }
            }.message shouldContain
                "both were set"
            shouldThrow<IllegalStateException> {
                queue.enqueue(charge, "") {
                    policy {
                        failureTester { { null } }
                        forever()
                    }
                }
            }.message shouldContain "failureTester"
            val stopped = retry { stopWhen(StopSignal()) }.policy
            shouldThrow<IllegalArgumentException> { queue.enqueue(charge, "") { policy(stopped) } }.message shouldContain "nothing ends"
            shouldThrow<IllegalArgumentException> { RetryQueue.on(memory()) { policy(stopped) } }.message shouldContain "add forever()"
            shouldThrow<UnknownHandlerException> { queue.enqueue("nobody", "") }.message shouldContain "registered are [charge]"
            shouldThrow<UnknownHandlerException> { queue.enqueue(charge, "") { callback("nobody") } }
            shouldThrow<InvalidCallException> { queue.enqueue(charge, "") { callback("charge") } }.message shouldContain
                "the handler 'charge' takes 'text', not a CallOutcome"
            shouldThrow<UnknownHandlerException> { queue.invoke("nobody", "") }
            shouldThrow<UnknownHandlerException> { queue.invoke(target("nobody"), "") }
            shouldThrow<QueueClosedException> { queue.invokeOrDefer(charge, "", persistFirst = true) }
            queue.counts().shouldBeEmpty()
            queue.start(backgroundScope)
            queue.shutdown()
            shouldThrow<QueueClosedException> { queue.start(backgroundScope) }
            shouldThrow<QueueClosedException> { queue.enqueue(charge, "") }.message shouldContain "open another one on the same store"
        }
    }

    test("a queue that was shut down runs no calls and accepts none, whether it was started or not") {
        runTest {
            for (isStarted in listOf(true, false)) {
                val store = memory()
                val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
                if (isStarted) queue.start(backgroundScope)
                queue.shutdown()
                val refused: List<suspend () -> Unit> =
                    listOf(
                        { queue.enqueue(charge, "42") },
                        { queue.invoke(charge, "42") },
                        { queue.invokeOrDefer(charge, "42") },
                        { queue.invokeOrDefer(charge, "42", persistFirst = true) },
                        { queue.start(backgroundScope) },
                    )
                for (call in refused) shouldThrow<QueueClosedException> { call() }.message shouldContain "the queue was shut down"
                store.counts().shouldBeEmpty()
            }
        }
    }

    test("a deadline beyond every calendar means no deadline") {
        runTest {
            val queue = RetryQueue.on(memory())
            queue.find(queue.enqueue(charge, "42") { deadline = Instant.MAX }.cid)!!.deadline shouldBe null
        }
    }

    test("a failure whose own methods throw counts as a failure") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { throw Mute() } }
            queue.start(backgroundScope)
            val call = queue.enqueue(charge, "a") { policy(RetryPolicies.zato(1, seconds = 1)) }.awaitEnd()
            call.deadReason shouldBe DeadReason.EXHAUSTED
            queue.errors(call.cid).single().run { type to message } shouldBe
                (Mute::class.java.name to "its message cannot be read: java.lang.IllegalStateException")
        }
    }
})
