package dev.reprise.temporal

import dev.reprise.RetryPolicy
import dev.reprise.policy.RetryHint
import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.awaitCancellation
import java.io.FileNotFoundException
import java.io.IOException
import java.util.Collections
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

private val charge = target("charge")

private class Busy : IOException("busy"), RetryHint {
    override val retryAfter: Duration get() = 90.minutes
}

private val log: MutableList<String> = Collections.synchronizedList(ArrayList())

@EnabledIf(InVirtualTime::class)
class RetriesTest : FunSpec({
    beforeTest { log.clear() }

    test("a call that fails is attempted again after the delays of its policy, over virtual days") {
        lateinit var host: Host
        hosted({
            handle(charge) { request ->
                log += "attempt $attempt at ${host.at(now)}"
                if (attempt < 4) throw IOException("attempt $attempt") else "charged $request"
            }
        }) {
            host = this
            val handle = queue.enqueue(charge, "42 EUR") { policy("every(20h) maxAttempts(5)") }
            handle.await() shouldBe "charged 42 EUR"
            log shouldContainExactly listOf("attempt 1 at 0S", "attempt 2 at 20H", "attempt 3 at 40H", "attempt 4 at 60H")
            val call = queue.find(handle.cid)!!
            listOf(call.state, call.attempts, call.failures, call.claims) shouldBe listOf(CallState.SUCCEEDED, 4, 3, 4)
            queue.errors(handle.cid).map { "${it.attempt} ${host.at(it.at)} ${it.type}: ${it.message}" } shouldContainExactly
                listOf(
                    "1 0S java.io.IOException: attempt 1",
                    "2 20H java.io.IOException: attempt 2",
                    "3 40H java.io.IOException: attempt 3",
                )
        }
    }

    test("81 calls with attempts over three days end in seconds, each after the attempts of its own") {
        val attempts = ConcurrentHashMap<String, Int>()
        hosted({
            handle(charge) { request ->
                attempts.merge(request, 1, Int::plus)
                if (attempt <= request.toInt() % 9) throw IOException("attempt $attempt") else request
            }
            policy { every(8.hours).maxAttempts(10) }
        }) {
            val handles = (1..81).map { queue.enqueue(charge, "$it") }
            handles.map { it.await() } shouldContainExactly (1..81).map { "$it" }
            attempts shouldBe (1..81).associate { "$it" to it % 9 + 1 }
        }
    }

    test("rules match the recorded superclasses of a failure and of its causes, and what no rule matches is rejected") {
        hosted({
            handle(charge) { request ->
                when {
                    attempt == 3 -> "done"
                    request == "file" -> throw FileNotFoundException("no file")
                    request == "wrapped" -> throw IllegalStateException("wrapped", FileNotFoundException("no file"))
                    else -> throw IllegalStateException("a mistake")
                }
            }
        }) {
            val file = queue.enqueue(charge, "file") { policy("every(1m) maxAttempts(3) on(java.io.IOException)") }
            val wrapped = queue.enqueue(charge, "wrapped") { policy { every(1.minutes).maxAttempts(3).on<IOException>(inCauses = true) } }
            val mistake = queue.enqueue(charge, "mistake") { policy("every(1m) maxAttempts(3) on(java.io.IOException)") }
            file.await() shouldBe "done"
            wrapped.await() shouldBe "done"
            mistake.awaitEnd().deadReason shouldBe DeadReason.REJECTED
            queue.errors(wrapped.cid).first().causes shouldContainExactly listOf("java.io.FileNotFoundException: no file")
        }
    }

    test("a failure that names a delay gets it, and the caller gets all failures of a dead call") {
        lateinit var host: Host
        hosted({
            handle(charge) {
                log += host.at(now)
                throw if (attempt == 1) Busy() else IllegalArgumentException("no such account")
            }
        }) {
            host = this
            val handle = queue.enqueue(charge, "42 EUR") { policy("every(10m) maxAttempts(3)") }
            val failure = shouldThrow<CallFailedException> { handle.await() }
            failure.message shouldBe "call ${handle.cid} died (EXHAUSTED) after 3 attempts"
            failure.causes.map { it.message } shouldContainExactly listOf("busy", "no such account", "no such account")
            log shouldContainExactly listOf("0S", "1H30M", "1H40M")
        }
    }

    test("a first failure of the caller is an attempt before those that the policy counts, and its delay precedes the next one") {
        lateinit var host: Host
        hosted({
            handle(charge) {
                log += "attempt $attempt at ${host.at(now)}"
                throw IOException("attempt $attempt")
            }
        }) {
            host = this
            val handle =
                queue.enqueue(charge, "42 EUR") {
                    policy("every(10h) maxAttempts(2)")
                    firstFailure(FileNotFoundException("in place"))
                }
            val end = handle.awaitEnd()
            log shouldContainExactly listOf("attempt 1 at 10H", "attempt 2 at 20H")
            listOf(end.state, end.attempts, end.failures) shouldBe listOf(CallState.DEAD, 3, 3)
            queue.errors(handle.cid).map { "${host.at(it.at)} ${it.type}: ${it.message}" } shouldContainExactly
                listOf(
                    "0S java.io.FileNotFoundException: in place",
                    "10H java.io.IOException: attempt 1",
                    "20H java.io.IOException: attempt 2",
                )
        }
    }

    test("a first failure is kept behind a unique key and an order, and if a person ends the call before a worker has seen it") {
        Host { handle(charge) { it } }.use { host ->
            val handles =
                List(2) { n ->
                    host.queue.enqueue(charge, "42 EUR") {
                        uniqueKey = "order/$n"
                        orderKey = "customer/$n"
                        firstFailure(IOException("in place"))
                    }
                }
            host.server.workflowClient
                .newUntypedWorkflowStub(handles[1].cid)
                .terminate("a person did it")
            host.startWorker()
            handles[0].await() shouldBe "42 EUR"
            handles.map { host.queue.awaitEnd(it.cid).run { "$state after $attempts attempts, $failures failed" } } shouldContainExactly
                listOf("SUCCEEDED after 2 attempts, 1 failed", "CANCELLED after 1 attempts, 1 failed")
            handles.map {
                host.queue
                    .errors(it.cid)
                    .single()
                    .message
            } shouldContainExactly listOf("in place", "in place")
        }
    }

    test("a snooze is no attempt, and a rejection ends the call whatever its policy allows") {
        hosted({
            handle(charge) { request ->
                log += "attempt $attempt after ${call.snoozes} snoozes"
                if (request == "closed") reject("no such account")
                if (call.snoozes < 2) snooze(12.hours)
                "done"
            }
        }) {
            queue.enqueue(charge, "open").await() shouldBe "done"
            log shouldContainExactly listOf("attempt 1 after 0 snoozes", "attempt 1 after 1 snoozes", "attempt 1 after 2 snoozes")
            val closed = queue.enqueue(charge, "closed").awaitEnd()
            listOf(closed.state, closed.deadReason, closed.attempts) shouldBe listOf(CallState.DEAD, DeadReason.REJECTED, 1)
            queue.errors(closed.cid).single().message shouldBe "no such account"
        }
    }

    test("an attempt that takes longer than its timeout is cancelled and counts as a failure") {
        hosted({
            handle(charge) {
                try {
                    awaitCancellation()
                } finally {
                    log += "attempt $attempt is cancelled"
                }
            }
        }) {
            val call = queue.enqueue(charge, "42 EUR") { policy("every(1h) maxAttempts(2) attemptTimeout(150ms)") }.awaitEnd()
            listOf(call.state, call.deadReason, call.attempts) shouldBe listOf(CallState.DEAD, DeadReason.EXHAUSTED, 2)
            log shouldContainExactly listOf("attempt 1 is cancelled", "attempt 2 is cancelled")
            queue.errors(call.cid).map { it.type }.toSet() shouldBe setOf("dev.reprise.policy.AttemptTimeoutException")
        }
    }

    test("no attempt starts after a deadline or the end of the policy's time") {
        hosted({ handle(charge) { throw IOException("down") } }) {
            val late =
                queue.enqueue(charge, "late") {
                    policy("every(1h) maxAttempts(99)")
                    deadline = now.plusSeconds(9000)
                }
            val end = late.awaitEnd()
            listOf(end.state, end.deadReason, end.attempts) shouldBe listOf(CallState.DEAD, DeadReason.EXPIRED, 3)
            val long = queue.enqueue(charge, "long") { policy("every(1h) maxDuration(150m)") }.awaitEnd()
            listOf(long.state, long.deadReason, long.attempts) shouldBe listOf(CallState.DEAD, DeadReason.EXHAUSTED, 3)
            shouldThrow<DeadlinePassedException> { queue.enqueue(charge, "too late") { deadline = now.minusSeconds(1) } }
        }
    }

    test("a waiting call can be made due now, at another time, and by another policy") {
        lateinit var host: Host
        hosted({
            handle(charge) {
                log += "attempt $attempt at ${host.at(now)}"
                if (attempt <= 3) throw IOException("down") else "done"
            }
        }) {
            host = this
            val handle = queue.enqueue(charge, "42 EUR") { policy("every(100d) maxAttempts(9)") }
            awaitCall(handle.cid) { it.state == CallState.READY && it.attempts == 1 }
            queue.retryNow(handle.cid) shouldBe true
            awaitCall(handle.cid) { it.state == CallState.READY && it.attempts == 2 }
            queue.reschedule(handle.cid, now.plusSeconds(7200)) shouldBe true
            queue.policy(handle.cid, RetryPolicy.parse("every(5h) maxAttempts(9)")) shouldBe true
            handle.await() shouldBe "done"
            log shouldContainExactly listOf("attempt 1 at 0S", "attempt 2 at 0S", "attempt 3 at 2H", "attempt 4 at 7H")
            queue.retryNow(handle.cid) shouldBe false
            queue.retryNow("no such call") shouldBe false
        }
    }

    test("a call is not attempted before its delay is over") {
        lateinit var host: Host
        hosted({ handle(charge) { host.at(now) } }) {
            host = this
            queue.enqueue(charge, "42 EUR") { delay = 36.hours + 10.minutes }.await() shouldBe "36H10M"
        }
    }
})
