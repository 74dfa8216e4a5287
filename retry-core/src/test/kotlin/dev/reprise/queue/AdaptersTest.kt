@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.target
import dev.reprise.retryPolicy
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What adapters of brokers need: they attempt what they received themselves, and enqueue what failed. */
class AdaptersTest : FunSpec({
    val charge = target("charge")

    test("the handler of an invocation sees the keys, the tags and the headers that its options set") {
        runTest {
            val seen = mutableListOf<Any?>()
            val queue =
                RetryQueue.on(InMemoryCallStore { currentTime }) {
                    handle(charge) { request -> request.also { seen.add(listOf(call.uniqueKey, call.orderKey, call.tags, headers)) } }
                }
            val response =
                queue.invoke(charge, "42 EUR", retryPolicy { maxAttempts(1) }) {
                    uniqueKey = "record/1"
                    orderKey = "customer/7"
                    tags("eu")
                    header("traceparent", "00-1")
                }
            response shouldBe "42 EUR"
            seen shouldContainExactly listOf(listOf("record/1", "customer/7", listOf("eu"), mapOf("traceparent" to "00-1")))
            queue.findUnique("record/1") shouldBe null
        }
    }

    test("a call with a first failure waits as after a first attempt, and its policy starts to count after it") {
        runTest {
            val attempts = mutableListOf<Long>()
            val queue =
                RetryQueue.on(InMemoryCallStore { currentTime }) {
                    handle(charge) {
                        attempts += currentTime / 1000
                        throw IOException("attempt $attempt")
                    }
                }
            queue.start(backgroundScope)
            val call =
                queue.enqueue(charge, "42 EUR") {
                    policy("every(10s) maxAttempts(2)")
                    firstFailure(IOException("in place"))
                }
            val dead = queue.awaitEnd(call.cid)
            attempts shouldContainExactly listOf(10L, 20L)
            (dead.state to dead.attempts) shouldBe (CallState.DEAD to 3)
            queue.errors(call.cid).map { it.message } shouldContainExactly listOf("in place", "attempt 1", "attempt 2")
        }
    }

    test("a first failure that the policy does not retry makes the call due at once") {
        runTest {
            val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handle(charge) { it } }
            val calls =
                listOf(IOException("no"), IllegalStateException("no")).map { failure ->
                    queue.enqueue(charge, "42 EUR") {
                        policy {
                            every(1.minutes)
                            maxAttempts(3)
                            on(IOException::class.java)
                        }
                        delay = 1.seconds
                        firstFailure(failure)
                    }
                }
            calls.map { queue.find(it.cid)?.run { dueAt.epochSecond - enqueuedAt.epochSecond } } shouldContainExactly listOf(61L, 1L)
        }
    }

    test("a target with other requests writes what its handler reads, if the codecs have one name") {
        runTest {
            val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handle(charge) { "charged $it" } }
            queue.start(backgroundScope)
            val bytes = charge.withRequests(PayloadCodec.of<ByteArray>("text", { it }, { it }))
            queue.enqueue(bytes, "42 EUR".toByteArray()).await() shouldBe "charged 42 EUR"
            val other = charge.withRequests(PayloadCodec.Bytes)
            val refused = queue.enqueue(other, ByteArray(1)) { policy { maxAttempts(1) } }
            shouldThrow<CallFailedException> { refused.await() }
            queue.errors(refused.cid).single().message shouldBe "the payload was written by the codec 'bytes', but 'charge' reads 'text'"
        }
    }
})
