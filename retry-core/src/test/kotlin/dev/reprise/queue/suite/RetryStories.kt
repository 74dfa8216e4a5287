package dev.reprise.queue.suite

import dev.reprise.policy.RetryHint
import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.FileNotFoundException
import java.io.IOException
import java.net.ConnectException
import java.time.Duration
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds

private class Busy(
    override val isRetryable: Boolean?,
    override val retryAfter: kotlin.time.Duration? = null,
) : RuntimeException("busy"),
    RetryHint

private fun failure(name: String): Throwable =
    when (name) {
        "missing" -> FileNotFoundException("no file")
        "wrapped" -> IllegalStateException("no answer", ConnectException("refused"))
        "never" -> Busy(isRetryable = false)
        else -> IllegalStateException(name)
    }

/** How failures are judged, retried and recorded. */
internal val retryStories =
    stories {
        story("a call keeps its id through all attempts, which are numbered from 1, and its failures are recorded", { world ->
            handle(charge, version = 7) {
                world.log += "$attempt $cid ${call.failures}"
                if (attempt < 3) throw IOException("down $attempt", ConnectException("refused"))
                "paid"
            }
        }) {
            val handle = queue.enqueue(charge, "42")
            handle.await() shouldBe "paid"
            log shouldContainExactly listOf("1 ${handle.cid} 0", "2 ${handle.cid} 1", "3 ${handle.cid} 2")
            val errors = queue.errors(handle.cid)
            errors.map { "${it.attempt} ${it.type} ${it.message} ${it.causes} ${it.handlerVersion}" } shouldContainExactly
                listOf(1, 2).map { "$it java.io.IOException down $it [java.net.ConnectException: refused] 7" }
            errors[1].at shouldBeGreaterThanOrEqualTo errors[0].at
            queue.find(handle.cid)!!.run { "$attempts $failures $handlerVersion $errorType" } shouldBe "3 2 7 java.io.IOException"
        }

        story("a failure is retried if its class or a superclass has a rule, otherwise the call is rejected", {
            handle(charge) { if (attempt == 1) throw failure(it) else "paid" }
        }) {
            suspend fun endOf(text: String) =
                queue.enqueue(charge, text) { policy { on<IOException>().every(10.milliseconds).maxAttempts(3) } }.awaitEnd()
            endOf("missing").run { "$state $attempts" } shouldBe "SUCCEEDED 2"
            endOf("broken").run { "$state $deadReason $attempts" } shouldBe "DEAD REJECTED 1"
            endOf("wrapped").run { "$state $deadReason $attempts" } shouldBe "DEAD REJECTED 1"
        }

        story("rules can exclude a class, and look into the causes", {
            handle(charge) { if (attempt == 1) throw failure(it) else "paid" }
        }) {
            suspend fun endOf(text: String) =
                queue
                    .enqueue(charge, text) {
                        policy {
                            on<ConnectException>(inCauses = true)
                            on<IOException>()
                            unless<FileNotFoundException>()
                            every(10.milliseconds).maxAttempts(3)
                        }
                    }.awaitEnd()
            endOf("wrapped").state shouldBe CallState.SUCCEEDED
            endOf("missing").deadReason shouldBe DeadReason.REJECTED
        }

        story("a failure that says it is not worth a retry is not retried, and one that names a delay is retried after it", {
            handle(charge) { if (attempt == 1) throw Busy(it != "never", 300.milliseconds) else "paid" }
        }) {
            queue.enqueue(charge, "never").awaitEnd().run { "$state $deadReason" } shouldBe "DEAD REJECTED"
            val handle = queue.enqueue(charge, "later")
            handle.awaitEnd().state shouldBe CallState.SUCCEEDED
            val error = queue.errors(handle.cid).single()
            error.run { isRetryable to retryAfter } shouldBe (true to 300.milliseconds)
            queue.find(handle.cid)!!.run { Duration.between(enqueuedAt, dueAt) } shouldBeGreaterThanOrEqualTo Duration.ofMillis(300)
        }

        story("a handler rejects its call, whatever the policy allows", { handle(charge) { reject("no such account") } }) {
            val handle = queue.enqueue(charge, "42")
            handle.awaitEnd().run { "$state $deadReason $attempts" } shouldBe "DEAD REJECTED 1"
            queue.errors(handle.cid).single().message shouldBe "no such account"
            shouldThrow<CallFailedException> { handle.await() }.message shouldContain "died (REJECTED) after 1 attempt"
        }

        story("a snooze makes the call due later and uses up no attempt", {
            val times = AtomicInteger()
            handle(charge) { if (times.getAndIncrement() < 3) snooze(20.milliseconds) else "at last, in attempt $attempt" }
        }) {
            val handle = queue.enqueue(charge, "42") { policy { every(10.milliseconds).maxAttempts(1) } }
            handle.await() shouldBe "at last, in attempt 1"
            val call = queue.find(handle.cid)!!
            call.run { "$attempts $failures $snoozes" } shouldBe "1 0 3"
            Duration.between(call.enqueuedAt, call.endedAt!!) shouldBeGreaterThanOrEqualTo Duration.ofMillis(60)
        }

        story("a request that cannot be decoded is an ordinary failure, and its bytes are kept", {
            val broken = PayloadCodec.of<String>("text", { it.encodeToByteArray() }, { error("version 1 is unknown") })
            handle(Target("charge", broken, PayloadCodec.Text)) { it }
        }) {
            val handle = queue.enqueue(charge, "42")
            handle.awaitEnd().run { "$state $failures" } shouldBe "DEAD 3"
            queue.find(handle.cid)!!.request shouldBe Payload("42".toByteArray(), "text")
            queue.errors(handle.cid).last().message shouldContain "version 1 is unknown"
        }

        story("of many failures the first and the last 99 are kept", { handle(charge) { throw IOException("down $attempt") } }) {
            val handle = queue.enqueue(charge, "42") { policy { every(1.milliseconds).maxAttempts(104) } }
            handle.awaitEnd().attempts shouldBe 104
            val errors = queue.errors(handle.cid)
            errors shouldHaveSize 100
            errors.map { it.attempt } shouldContainExactly listOf(1) + (6..104)
            errors.first().trace.shouldNotBeNull() shouldContain "java.io.IOException"
        }

        story("a failure whose own methods throw is a failure", {
            handle(charge) {
                throw object : RuntimeException() {
                    override val message get() = error("no words")
                }
            }
        }) {
            val handle = queue.enqueue(charge, "42") { policy { every(1.milliseconds).maxAttempts(1) } }
            handle.awaitEnd().deadReason shouldBe DeadReason.EXHAUSTED
            queue.errors(handle.cid).single().message shouldBe "its message cannot be read: java.lang.IllegalStateException"
        }
    }
