@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.RetryPolicies
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.PayloadTooLargeException
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

class CallbacksTest : FunSpec({
    test("each callback is notified once, in its own call, of how the call ended") {
        runTest {
            val told = ArrayList<CallOutcome>()
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) { if (attempt < 3) throw IOException("down") else "paid" }
                    callback("charged") { told += it }
                }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    policy(RetryPolicies.zato(3, seconds = 10))
                    callback("charged")
                    context = "order 7"
                }
            handle.await()
            runCurrent()
            val outcome = told.single()
            outcome shouldBe
                CallOutcome(
                    ok = true,
                    source = null,
                    target = "charge",
                    retryRepeats = 3,
                    retrySeconds = 10.0,
                    callCid = handle.cid,
                    origCid = null,
                    requestedAt = Instant.EPOCH,
                    respondedAt = Instant.ofEpochSecond(20),
                    response = "paid",
                    context = "order 7",
                    state = "SUCCEEDED",
                    attempts = 3,
                    errors = listOf("java.io.IOException: down", "java.io.IOException: down"),
                )
            outcome.toJson() shouldBe
                """{"ok":true,"source":null,"target":"charge","retry_repeats":3,"retry_seconds":10,""" +
                """"call_cid":"${handle.cid}","orig_cid":null,""" +
                """"req_ts_utc":"1970-01-01T00:00:00Z","resp_ts_utc":"1970-01-01T00:00:20Z",""" +
                """"response":"paid","context":"order 7",""" +
                """"state":"SUCCEEDED","attempts":3,"errors":["java.io.IOException: down","java.io.IOException: down"]}"""
        }
    }

    test("a callback whose outcome is too large receives it without the response, and with an error that says so") {
        runTest {
            val told = ArrayList<CallOutcome>()
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) { if (it == "good") "r".repeat(900) else error("e".repeat(4000)) }
                    callback("charged") { told += it }
                    policy {
                        every(1.seconds)
                        maxAttempts(5)
                    }
                    maxPayloadBytes = 1000
                }
            queue.start(backgroundScope)
            for (request in listOf("good", "bad")) queue.enqueue(charge, request) { callback("charged") }.awaitEnd()
            while (told.size < 2) delay(1.seconds)
            told.map { it.ok } shouldBe listOf(true, false)
            told.map { it.response } shouldBe listOf(null, null)
            told[0].errors.single() shouldContain "it has no response"
            told[1].errors.last() shouldContain "neither a response nor all failures"
            shouldThrow<PayloadTooLargeException> { queue.enqueue(charge, "") { context = "c".repeat(1001) } }.message shouldContain
                "the context of a call to 'charge' has 1001 bytes"
        }
    }

    test("a step is enqueued once, even if the retention of its call is over before its handler succeeds") {
        runTest {
            var charged = 0
            val queue =
                RetryQueue.on(memory()) {
                    retention = 1.hours
                    handle(charge) {
                        charged++
                        "paid"
                    }
                    handle(target("order")) {
                        enqueueOnce("charge", charge, it)
                        throw IOException("the warehouse is closed")
                    }
                }
            queue.start(backgroundScope)
            queue.enqueue("order", "42").awaitEnd().attempts shouldBe 81
            charged shouldBe 1
        }
    }
})
