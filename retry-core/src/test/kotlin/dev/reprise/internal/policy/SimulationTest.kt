package dev.reprise.internal.policy

import dev.reprise.policy.Decision
import dev.reprise.policy.StopReason
import dev.reprise.testing.FatalError
import dev.reprise.testing.Run
import dev.reprise.testing.ThrottledException
import dev.reprise.testing.anyPolicy
import dev.reprise.testing.policy
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds

class SimulationTest : FunSpec({
    test("a run to its end") {
        val run =
            policy {
                initialDelay(1.seconds)
                linear(1.seconds)
                maxAttempts(4)
            }.simulate()
        run.initialDelay shouldBe 1.seconds
        run.delays shouldBe listOf(1.seconds, 2.seconds, 3.seconds)
        run.attempts shouldBe 4
        run.totalDelay shouldBe 7.seconds
        run.elapsed shouldBe 7.seconds
        run.stopReason shouldBe StopReason.EXHAUSTED
        "$run" shouldBe "4 attempts, delays [1s 1s 2s 3s], 7s in all, EXHAUSTED"
    }

    test("a run that continues beyond the simulation") {
        val run =
            policy {
                every(1.seconds)
                forever()
            }.simulate(retries = 2)
        run.isTruncated shouldBe true
        "$run" shouldBe "3 attempts, delays [1s 1s], 2s in all, continues"
        policy { maxAttempts(3) }.simulate(retries = 2).stopReason shouldBe StopReason.EXHAUSTED
        policy { forever() }.simulate(retries = 0).attempts shouldBe 1
    }

    test("attempts take their time, and end at their own timeout and at the end of the run") {
        val policy =
            policy {
                every(1.seconds)
                maxDuration(10.seconds)
            }
        policy.simulate(attempt = 3.seconds).run { Triple(attempts, elapsed, stopReason) } shouldBe
            Triple(3, 10.seconds, StopReason.DEADLINE)
        policy {
            every(1.seconds)
            attemptTimeout(2.seconds)
            maxAttempts(2)
        }.simulate(attempt = 9.seconds).elapsed shouldBe 5.seconds
    }

    test("the same seed gives the same run") {
        val policy =
            policy {
                exponential(1.seconds)
                maxAttempts(5)
            }
        policy.simulate(seed = 1).delays shouldBe policy.simulate(seed = 1).delays
        (policy.simulate(seed = 1).delays == policy.simulate(seed = 2).delays) shouldBe false
    }

    test("a custom failure shows the delays of its rule") {
        val policy =
            policy {
                every(1.seconds)
                on<ThrottledException>(schedule = { linear(10.seconds) })
                maxAttempts(3)
            }
        policy.simulate().delays shouldBe listOf(1.seconds, 1.seconds)
        policy.simulate(failure = ThrottledException()).delays shouldBe listOf(10.seconds, 20.seconds)
        policy.simulate(failure = FatalError()).stopReason shouldBe StopReason.NOT_RETRYABLE
    }

    test("a policy that retries nothing, or whose rule throws, aborts") {
        policy {
            unless<Exception>()
            forever()
        }.simulate().run { attempts to stopReason } shouldBe (1 to StopReason.NOT_RETRYABLE)
        policy {
            on<Exception> { error("in the rule") }
            forever()
        }.simulate().stopReason shouldBe StopReason.NOT_RETRYABLE
    }

    test("an endless sequence is sampled, not exhausted") {
        policy { delays(generateSequence { 1.seconds }) }.simulate(retries = 7).delays shouldBe List(7) { 1.seconds }
    }

    test("a joined policy whose deadline is over before the first attempt makes none") {
        val late =
            policy {
                initialDelay(5.seconds)
                forever()
            } and policy { maxDuration(2.seconds) }
        late.simulate().run { attempts to stopReason } shouldBe (0 to StopReason.DEADLINE)
    }

    test("a simulation equals the decisions of a session") {
        checkAll(300, anyPolicy(2), Arb.long()) { policy, seed ->
            val run = policy.simulate(seed, retries = 20)
            val real = Run(policy, Random(seed)).apply { elapsed = run.initialDelay }
            val decisions = List(run.attempts) { real.fail(AnyFailure()) }
            decisions.filterIsInstance<Decision.RetryAfter>().map { it.delay }.take(20) shouldBe run.delays
            if (run.attempts > 0) decisions.last().stopReason shouldBe run.stopReason
        }
    }

    test("where the first part of then has no time left for any attempt, the second makes them") {
        val late =
            policy {
                initialDelay(10.seconds)
                forever()
            }
        val second =
            policy {
                every(1.seconds)
                maxAttempts(3)
            }
        (late and (policy { maxDuration(5.seconds) } then second)).simulate().attempts shouldBe 3
    }

    test("arguments that make no sense are rejected") {
        shouldThrow<IllegalArgumentException> { policy { forever() }.simulate(retries = -1) }.message shouldBe
            "retries must not be negative, but was -1"
        shouldThrow<IllegalArgumentException> { policy { forever() }.simulate(attempt = (-1).seconds) }.message shouldBe
            "attempt must not be negative, but was -1s"
    }
})
