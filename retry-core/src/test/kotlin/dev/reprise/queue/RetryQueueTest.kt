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

    test("invalid arguments are rejected with the value and how to fix it") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { it } }
            shouldThrow<InvalidCallException> { queue.enqueue("charge", 42) }.message shouldContain
                "the codec 'text' of 'charge' cannot write a java.lang.Integer"
            shouldThrow<IllegalArgumentException> {
                queue.enqueue(
                    charge,
                    "",
                ) { policy(RetryPolicies.zato(3, 1, 1)) }
            }.message shouldContain
                "both were set"
            val stopped = retry { stopWhen(StopSignal()) }.policy
            shouldThrow<IllegalArgumentException> { RetryQueue.on(memory()) { policy(stopped) } }.message shouldContain "add forever()"
            shouldThrow<UnknownHandlerException> { queue.enqueue("nobody", "") }.message shouldContain "registered are [charge]"
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
})
