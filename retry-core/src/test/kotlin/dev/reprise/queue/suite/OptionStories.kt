package dev.reprise.queue.suite

import dev.reprise.RetryPolicies
import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.IOException
import java.time.Duration
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What the options of a call do. */
internal val optionStories =
    stories {
        story("a call with a delay is due after it, and does not run before") {
            val later = queue.enqueue(charge, "42") { delay = 1.hours }
            queue.find(later.cid)!!.run { Duration.between(enqueuedAt, dueAt) } shouldBe Duration.ofHours(1)
            queue.why(later.cid).reason shouldBe Diagnosis.Reason.NOT_DUE
            later.cancel()
            val soon = queue.enqueue(charge, "42") { delay = 100.milliseconds }.awaitEnd()
            soon.endedAt!! shouldBeGreaterThanOrEqualTo soon.enqueuedAt.plusMillis(100)
        }

        story("a deadline that has passed is refused, and one beyond every calendar is none") {
            shouldThrow<DeadlinePassedException> { queue.enqueue(charge, "") { deadline = Instant.EPOCH } }.message shouldContain
                "has passed"
            shouldThrow<DeadlinePassedException> { queue.enqueue(charge, "") { deadline = Instant.MIN } }
            val call = queue.enqueue(charge, "42") { deadline = Instant.MAX }
            call.awaitEnd().run { "$state $deadline" } shouldBe "SUCCEEDED null"
        }

        story("a call expires when its next attempt would start after its deadline", { handle(charge) { throw IOException("down") } }) {
            val soon = now.plusSeconds(600)
            val call =
                queue.enqueue(charge, "42") {
                    deadline = soon
                    policy { every(1.hours).forever() }
                }
            call.awaitEnd().run { "$state $deadReason $attempts" } shouldBe "DEAD EXPIRED 1"
            queue.find(call.cid)!!.deadline shouldBe Instant.ofEpochMilli(soon.toEpochMilli())
        }

        story("a call that is not due before its deadline expires then, without an attempt") {
            val soon = now.plusMillis(300)
            val call =
                queue.enqueue(charge, "42") {
                    deadline = soon
                    delay = 1.hours
                }
            val ended = call.awaitEnd()
            ended.run { "$state $deadReason $attempts" } shouldBe "DEAD EXPIRED 0"
            ended.endedAt!! shouldBeGreaterThanOrEqualTo Instant.ofEpochMilli(soon.toEpochMilli())
        }

        story("tags, title, context and headers are kept with the call, and its handler reads them", { world ->
            handle(charge) { "paid".also { world.log += "$headers ${call.tags} ${call.title} ${call.context}" } }
        }) {
            val handle =
                queue.enqueue(charge, "42") {
                    tags("tenant:42", "import", "import")
                    title = "invoice 7"
                    context = "order 7"
                    header("tenant", "42")
                }
            handle.awaitEnd().run { listOf(tags, title, context, headers) } shouldContainExactly
                listOf(listOf("tenant:42", "import"), "invoice 7", "order 7", mapOf("tenant" to "42"))
            log(1) shouldContainExactly listOf("{tenant=42} [tenant:42, import] invoice 7 order 7")
        }

        story("a call has the title that its target makes of the request, unless it sets one") {
            val invoice = Target("charge", PayloadCodec.Text, PayloadCodec.Text, describe = { "invoice $it" })
            val handles = listOf(queue.enqueue(invoice, "7"), queue.enqueue(invoice, "7") { title = "mine" }, queue.enqueue(charge, "7"))
            handles.map { queue.find(it.cid)!!.title } shouldContainExactly listOf("invoice 7", "mine", null)
        }

        story("a call has the policy that it sets, as an object, as a block or in its notation") {
            val handles =
                listOf(
                    queue.enqueue(charge, "1") { policy(RetryPolicies.zato(5, seconds = 7)) },
                    queue.enqueue(charge, "2") { policy { every(7.seconds).maxAttempts(5) } },
                    queue.enqueue(charge, "3") { policy("every(7s) maxAttempts(5)") },
                )
            handles.map { queue.find(it.cid)!!.policy }.toSet() shouldBe setOf("every(7s) maxAttempts(5)")
        }

        story("of calls that are due, those of higher priority start first", { world ->
            lane("default") { concurrency = 1 }
            handle(refund) { "refunded".also { world.gate.await() } }
            handle(charge) { "paid".also { _ -> world.log += it } }
        }) {
            val first = queue.enqueue(refund, "42")
            until { queue.find(first.cid)!!.state == CallState.RUNNING }
            val handles = queue.enqueueAll(charge, listOf("1", "9", "5")) { priority = it.toInt() }
            handles.map { queue.find(it.cid)!!.priority } shouldContainExactly listOf(1, 9, 5)
            gate.complete(Unit)
            handles.forEach { it.await() }
            log shouldContainExactly listOf("9", "5", "1")
        }

        story("an attempt is cancelled at its timeout, which is a failure like any other", { world ->
            handle(charge) { if (attempt == 1) "late".also { world.gate.await() } else "in time" }
        }) {
            val handle = queue.enqueue(charge, "42") { policy { every(10.milliseconds).maxAttempts(2).attemptTimeout(100.milliseconds) } }
            handle.await() shouldBe "in time"
            queue.errors(handle.cid).single().type shouldContain "AttemptTimeoutException"
        }

        story("a policy ends a call with its last attempt, and its failures are the causes", {
            handle(charge) { throw IOException("down $attempt") }
        }) {
            val handle = queue.enqueue(charge, "42")
            handle.awaitEnd().run { "$state $deadReason $attempts $failures $errorType" } shouldBe
                "DEAD ${DeadReason.EXHAUSTED} 3 3 java.io.IOException"
            val failure = shouldThrow<CallFailedException> { handle.await() }
            failure.message shouldBe "call ${handle.cid} died (EXHAUSTED) after 3 attempts"
            failure.causes.map { it.message } shouldContainExactly listOf("down 1", "down 2", "down 3")
            queue.find(handle.cid)!!.response.shouldBeNull()
        }
    }
