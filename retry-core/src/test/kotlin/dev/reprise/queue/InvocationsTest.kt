@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.RetryPolicies
import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.StoreUnavailableException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

class InvocationsTest : FunSpec({
    test("invoke runs all attempts itself and stores nothing") {
        runTest {
            var calls = 0
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) {
                        if (++calls <
                            3
                        ) {
                            throw IOException("down $calls")
                        } else {
                            "paid $attempt"
                        }
                    }
                }
            queue.invoke(charge, "42") {
                every(10.seconds)
                maxAttempts(3)
            } shouldBe "paid 3"
            currentTime shouldBe 20_000
            calls = -10
            val failed =
                shouldThrow<CallFailedException> {
                    queue.invoke("charge", "42") {
                        every(1.seconds)
                        maxAttempts(3)
                    }
                }
            failed.attempts shouldBe 3
            failed.causes.map { it.message } shouldContainExactly listOf("down -9", "down -8", "down -7")
            failed.message shouldContain failed.cid
            queue.counts().shouldBeEmpty()
        }
    }

    test("an invoked handler can reject permanently or snooze") {
        runTest {
            var calls = 0
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) {
                        calls++
                        if (it == "bad") {
                            reject("no such account")
                        } else if (attempt == 1) {
                            snooze(1.hours)
                        }
                        "paid"
                    }
                }
            shouldThrow<CallFailedException> { queue.invoke(charge, "bad") }.causes.single().message shouldBe "no such account"
            calls shouldBe 1
            val rejected = shouldThrow<CallFailedException> { queue.invokeOrDefer(charge, "bad") }
            rejected.causes.single().message shouldBe "no such account"
            rejected.message shouldContain "died (REJECTED) after 1 attempt"
            queue.invoke(charge, "42") {
                every(1.seconds)
                maxAttempts(2)
            } shouldBe "paid"
            currentTime shouldBe 3_600_000
        }
    }

    test("the failure of a first attempt is not lost if the store rejects the call") {
        runTest {
            val store = FaultyStore(memory()).apply { before = { if (it == "enqueue") away() } }
            val queue = RetryQueue.on(store) { handle(charge) { throw IOException("down") } }
            val thrown = shouldThrow<StoreUnavailableException> { queue.invokeOrDefer(charge, "42") }
            thrown.suppressed.single().message shouldBe "down"
        }
    }

    test("no first attempt starts after the deadline") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { error("called") } }
            shouldThrow<DeadlinePassedException> { queue.invokeOrDefer(charge, "42") { deadline = Instant.EPOCH } }
        }
    }

    test("invokeOrDefer returns the value, or defers: one call and three") {
        runTest {
            var calls = 0
            val told = CompletableDeferred<CallOutcome>()
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) {
                        calls++
                        if (it == "good") "paid" else throw IOException("down")
                    }
                    callback("charged") { told.complete(it) }
                }
            queue.start(backgroundScope)
            queue.invokeOrDefer(charge, "good") shouldBe InvokeResult.Completed("paid")
            calls = 0
            val deferred =
                queue.invokeOrDefer(charge, "bad") {
                    policy(RetryPolicies.zato(3, seconds = 10))
                    callback("charged")
                }
            deferred.shouldBeInstanceOf<InvokeResult.Deferred>()
            calls shouldBe 1
            told.await().callCid shouldBe deferred.cid
            calls shouldBe 4
            currentTime shouldBe 30_000
        }
    }

    test("invokeOrDefer can store the call before its first attempt") {
        runTest {
            var calls = 0
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) {
                        calls++
                        if (it == "good") "paid" else throw IOException("down")
                    }
                }
            queue.start(backgroundScope)
            queue.invokeOrDefer(charge, "good", persistFirst = true) shouldBe InvokeResult.Completed("paid")
            calls = 0
            val deferred =
                queue.invokeOrDefer(
                    charge,
                    "bad",
                    persistFirst = true,
                ) { policy(RetryPolicies.zato(3, seconds = 10)) } as InvokeResult.Deferred
            calls shouldBe 1
            queue
                .awaitEnd(deferred.cid)
                .counters.attempts shouldBe 4
            calls shouldBe 4
            currentTime shouldBe 30_000
        }
    }

    test("a call that its first attempt rejects is dead and is not reported as deferred") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { reject("never") } }
            queue.start(backgroundScope)
            val thrown = shouldThrow<CallFailedException> { queue.invokeOrDefer(charge, "42", persistFirst = true) }
            thrown.message shouldBe "call ${thrown.cid} died (REJECTED) after 1 attempt"
            queue.find(thrown.cid)!!.deadReason shouldBe DeadReason.REJECTED
        }
    }
})
