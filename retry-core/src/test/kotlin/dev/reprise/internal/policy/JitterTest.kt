package dev.reprise.internal.policy

import dev.reprise.ScheduleBuilder
import dev.reprise.ScheduleOptions
import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.plusWait
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.Jitter
import dev.reprise.testing.FlakyException
import dev.reprise.testing.policy
import dev.reprise.testing.waits
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveAtLeastSize
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.comparables.shouldBeLessThanOrEqualTo
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.choice
import io.kotest.property.arbitrary.double
import io.kotest.property.arbitrary.enum
import io.kotest.property.arbitrary.filter
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.map
import io.kotest.property.checkAll
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

private fun spread(
    kind: Jitter,
    settings: ScheduleOptions<*>.() -> Any?,
) = policy {
    settings()
    jitter(kind)
    maxAttempts(5)
}

class JitterTest : FunSpec({
    val growing: ScheduleOptions<*>.() -> Any? = { exponential(1.seconds, max = 4.seconds) }

    test("full jitter draws from zero to the computed delay") {
        waits(spread(Jitter.FULL, growing), random = ShortestDelays) shouldBe List(4) { Duration.ZERO }
        waits(spread(Jitter.FULL, growing), random = LongestDelays) shouldBe listOf(1.seconds, 2.seconds, 4.seconds, 4.seconds)
    }

    test("equal jitter keeps half of the computed delay") {
        waits(spread(Jitter.EQUAL, growing), random = ShortestDelays) shouldBe listOf(0.5.seconds, 1.seconds, 2.seconds, 2.seconds)
        waits(spread(Jitter.EQUAL, growing), random = LongestDelays) shouldBe listOf(1.seconds, 2.seconds, 4.seconds, 4.seconds)
    }

    test("decorrelated jitter draws from the base to three times the previous delay, up to the cap") {
        val policy = spread(Jitter.DECORRELATED) { exponential(1.seconds, max = 20.seconds) }
        waits(policy, random = ShortestDelays) shouldBe List(4) { 1.seconds }
        waits(policy, random = LongestDelays) shouldBe listOf(3.seconds, 9.seconds, 20.seconds, 20.seconds)
    }

    test("exponential has full jitter by default, the others have none") {
        waits(
            policy {
                exponential(1.seconds)
                maxAttempts(2)
            },
            random = ShortestDelays,
        ) shouldBe listOf(Duration.ZERO)
        for (plain in listOf<ScheduleOptions<*>.() -> Any?>({
            every(1.seconds)
        }, { linear(1.seconds) }, { fibonacci(1.seconds) }, { delays(listOf(1.seconds)) })) {
            waits(
                policy {
                    plain()
                    maxAttempts(2)
                },
                random = ShortestDelays,
            ) shouldBe listOf(1.seconds)
        }
    }

    test("zero jitter, and jitter of a zero delay, are legal") {
        for (kind in Jitter.entries) {
            waits(spread(kind) { every(Duration.ZERO) }) shouldBe List(4) { Duration.ZERO }
            kind.spread(0, Random(1)) shouldBe 0
            kind.spread(1, ShortestDelays) shouldBeLessThanOrEqualTo 1
        }
    }

    test("no jittered delay is negative or above the cap, whatever the cap") {
        checkAll(500, Arb.enum<Jitter>(), Arb.long(1L..Long.MAX_VALUE), Arb.long()) { kind, cap, seed ->
            val policy = spread(kind) { exponential(1.nanoseconds, factor = 1e6, max = cap.nanoseconds) }
            for (wait in waits(policy, random = Random(seed))) {
                wait shouldBeGreaterThanOrEqualTo Duration.ZERO
                wait.toWaitNanos() shouldBeLessThanOrEqualTo cap
            }
        }
    }

    test("a factor and a range spread in both directions, but not above the cap nor below zero") {
        val steady =
            policy {
                every(10.seconds)
                jitter(0.5)
                maxAttempts(2)
            }
        waits(steady, random = ShortestDelays) shouldBe listOf(5.seconds)
        waits(steady, random = LongestDelays) shouldBe listOf(15.seconds)
        val capped =
            policy {
                exponential(1.seconds, max = 4.seconds)
                jitter(0.5)
                maxAttempts(5)
            }
        waits(capped, random = ShortestDelays) shouldBe listOf(0.5.seconds, 1.seconds, 2.seconds, 2.seconds)
        waits(capped, random = LongestDelays) shouldBe listOf(1.5.seconds, 3.seconds, 4.seconds, 4.seconds)
        val ranged =
            policy {
                linear(1.seconds, max = 3.seconds)
                jitter(1500.milliseconds)
                maxAttempts(4)
            }
        waits(ranged, random = ShortestDelays) shouldBe listOf(Duration.ZERO, 0.5.seconds, 1.5.seconds)
        waits(ranged, random = LongestDelays) shouldBe listOf(2.5.seconds, 3.seconds, 3.seconds)
        val listed =
            policy {
                delays(listOf(Duration.ZERO, 2.seconds))
                jitter(1.0)
            }
        waits(listed, random = LongestDelays) shouldBe listOf(Duration.ZERO, 4.seconds)
    }

    test("uniform delays lie between their limits") {
        val policy =
            policy {
                uniform(1.seconds, 3.seconds)
                maxAttempts(3)
            }
        waits(policy, random = ShortestDelays) shouldBe List(2) { 1.seconds }
        waits(policy, random = LongestDelays) shouldBe List(2) { 3.seconds }
        val random = Random(14)
        val bins = IntArray(4)
        val spread = FloorSpread(1_000)
        repeat(100_000) { bins[((spread.draw(1_400, 1_400, random) - 1_000) / 100).toInt().coerceAtMost(3)]++ }
        bins.forEach { it shouldBeInRange 24_400..25_600 }
    }

    test("no delay that a factor or a range spreads is negative or above the cap, whatever the numbers") {
        val spreads = Arb.choice(Arb.double(0.0, 1.0).filter { it > 0 }.map(::FactorSpread), Arb.long(1L..LONGEST_WAIT).map(::RangeSpread))
        checkAll(2_000, spreads, Arb.long(0L..LONGEST_WAIT), Arb.long(0L..LONGEST_WAIT), Arb.long()) { spread, computed, more, seed ->
            val ceiling = computed plusWait more
            for (random in listOf(Random(seed), ShortestDelays, LongestDelays)) {
                val wait = spread.draw(computed, ceiling, random)
                wait shouldBeGreaterThanOrEqualTo 0
                wait shouldBeLessThanOrEqualTo ceiling
            }
            spread.draw(computed, ceiling, ShortestDelays) shouldBeLessThanOrEqualTo computed
            spread.draw(computed, ceiling, LongestDelays) shouldBeGreaterThanOrEqualTo computed
        }
    }

    test("a longest wait that is spread saturates") {
        for (settings in listOf<ScheduleOptions<*>.() -> Any?>({ jitter(1.0) }, { jitter(Duration.INFINITE) })) {
            val policy =
                policy {
                    every(Duration.INFINITE)
                    settings()
                    maxAttempts(2)
                }
            // A Duration of that length has a precision of milliseconds.
            waits(policy, random = LongestDelays).single() shouldBe LONGEST_WAIT.nanoseconds
            waits(policy, random = ShortestDelays) shouldBe listOf(Duration.ZERO)
        }
    }

    for ((kind, lowest) in mapOf(Jitter.FULL to 0L, Jitter.EQUAL to 5L, Jitter.DECORRELATED to 1L)) {
        test("$kind is still spread at the cap, and evenly") {
            val policy =
                policy {
                    exponential(1.milliseconds, max = 10.milliseconds)
                    jitter(kind)
                    forever()
                }
            val settled = waits(policy, 40_000, Random(7)).drop(100)
            settled.distinct() shouldHaveAtLeastSize 1_000
            settled.min().inWholeMilliseconds shouldBe lowest
            settled.max().inWholeMicroseconds shouldBeGreaterThanOrEqualTo 9_900
        }
    }

    test("the histogram of full jitter is flat, at the cap as well as before it") {
        val random = Random(11)
        val tenths = IntArray(10)
        repeat(100_000) { tenths[(Jitter.FULL.spread(999, random) / 100).toInt()]++ }
        tenths.forEach { it shouldBeInRange 9_600..10_400 }
    }

    test("the histogram of equal jitter is flat over the upper half") {
        val random = Random(12)
        val fifths = IntArray(10)
        repeat(100_000) { fifths[(Jitter.EQUAL.spread(1_000, random) / 100).toInt().coerceAtMost(9)]++ }
        fifths.take(5) shouldBe List(5) { 0 }
        fifths.drop(5).forEach { it shouldBeInRange 19_400..20_600 }
    }

    test("the histogram of decorrelated jitter is flat once three times any delay is above the cap") {
        val schedule = Schedule(ExponentialBackoff(500, 2.0, 1_000), KindSpread(Jitter.DECORRELATED))
        val memory = ScheduleMemory()
        val random = Random(13)
        val bins = IntArray(5)
        repeat(100_000) { bins[((schedule.wait(it + 1, memory, random) - 500) / 100).toInt().coerceAtMost(4)]++ }
        bins.forEach { it shouldBeInRange 19_400..20_600 }
    }

    test("the same seed draws the same delays, another one does not") {
        val policy =
            policy {
                exponential(1.seconds)
                maxAttempts(10)
            }
        waits(policy, random = Random(1)) shouldBe waits(policy, random = Random(1))
        (waits(policy, random = Random(1)) == waits(policy, random = Random(2))) shouldBe false
    }

    test("two runs of one policy do not share the state of decorrelated jitter") {
        val policy = spread(Jitter.DECORRELATED) { exponential(1.seconds) }
        val sessions = List(2) { policy.session(LongestDelays) }
        val waits = (1..3).map { n -> sessions.map { it.decide(FailedAttempt(n, Duration.ZERO, FlakyException())) } }
        waits shouldBe listOf(3.seconds, 9.seconds, 27.seconds).map { wait -> List(2) { Decision.RetryAfter(wait) } }
    }
})
