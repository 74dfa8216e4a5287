package dev.reprise.internal.engine

import dev.reprise.policy.RetryExhaustedException
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.run.RetryOutcome
import dev.reprise.run.StopSignal
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import dev.reprise.testing.ManualTime
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.test.runTest
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.seconds

/** How a run ended, as a value; and one retry with further settings. */
class OutcomeSpec : FunSpec({
    val two = retry { maxAttempts(2) }
    val failure = Broken("a")
    val success = two.outcomeBlocking { if (number == 1) throw Broken("first") else "fine" }
    val gaveUp: RetryOutcome<String> = two.outcomeBlocking { throw failure }

    test("an outcome is read, folded and mapped") {
        success.isSuccess shouldBe true
        success.getOrThrow() shouldBe "fine"
        success.orElse { "instead" } shouldBe "fine"
        success.fold({ it.length }, { -1 }) shouldBe 4
        success.map { it.length }.getOrThrow() shouldBe 4
        success.map { it.length }.shouldBeInstanceOf<RetryOutcome.Success<Int>>().attempts shouldBe 2
        success.toResult() shouldBe Result.success("fine")
        "$success" shouldBe "Success(fine, attempts=2)"

        gaveUp.isSuccess shouldBe false
        gaveUp.getOrNull() shouldBe null
        shouldThrow<Broken> { gaveUp.getOrThrow() } shouldBeSameInstanceAs failure
        gaveUp.orElse { it.message!! } shouldBe "a"
        gaveUp.fold({ it.length }, { -1 }) shouldBe -1
        gaveUp.map { it.length } shouldBeSameInstanceAs gaveUp
        gaveUp.toResult().exceptionOrNull() shouldBeSameInstanceAs failure
    }

    test("a future completes with the outcome: of a success, of a failure, of a result") {
        two.outcomeAsync { CompletableFuture.completedFuture("fine") }.join().getOrThrow() shouldBe "fine"
        two.outcomeAsync<String>({ it.run() }) { throw failure }.join().fold({ "" }, { it.message }) shouldBe "a"
        two.outcomeAsync<String>({ it.run() }) { CompletableFuture.failedFuture(failure) }.join().isSuccess shouldBe false
        val rejecting =
            retry {
                maxAttempts(2)
                onResult<Int> { true }
            }
        val outcome = rejecting.outcomeAsync({ it.run() }) { CompletableFuture.completedFuture(number) }.join()
        outcome
            .shouldBeInstanceOf<RetryOutcome.Failure>()
            .failure
            .shouldBeInstanceOf<RetryExhaustedException>()
            .lastResult shouldBe 2
    }

    test("the future of an outcome is cancelled like any other") {
        val stage = CompletableFuture<String>()
        val future = two.outcomeAsync { stage }
        future.cancel(true) shouldBe true
        stage.isCancelled shouldBe true
    }

    test("a retry with further settings adds listeners and stops, replaces the rest, and does not change the original") {
        val log = EventLog()
        val time = ManualTime()
        val signal = StopSignal()
        val base =
            retry {
                name("base")
                every(60.seconds)
                maxAttempts(2)
                listener { log.add("base heard ${it.name}") }
                testing { timer(time).timeSource(time) }
            }
        val varied =
            base.with {
                name("varied")
                stopWhen(signal)
                listener { log.add("varied heard ${it.number}") }
            }
        time.at(1.seconds) { signal.stop() }
        shouldThrow<Broken> { varied.callBlocking { throw Broken("a") } }
        shouldThrow<Broken> { base.callBlocking { throw Broken("a") } }
        log.lines shouldContainExactly
            List(2) { listOf("base heard varied", "varied heard 1") }.flatten() + List(3) { "base heard base" }
        varied.policy shouldBe base.policy
        time.nanos shouldBe 61_000_000_000
        shouldThrow<IllegalArgumentException> { base.with { maxAttempts(3) } }
    }

    test("a policy has one retry, which runs only that policy") {
        val policy = retryPolicy { maxAttempts(3) }
        policy.toRetry() shouldBeSameInstanceAs policy.toRetry()
        runTest {
            var calls = 0
            shouldThrow<Broken> {
                retry(policy) {
                    calls++
                    throw failure
                }
            }
            calls shouldBe 3
        }
    }
})
