package dev.reprise.internal.policy

import dev.reprise.ScheduleBuilder
import dev.reprise.ScheduleOptions
import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.Jitter
import dev.reprise.testing.FlakyException
import dev.reprise.testing.policy
import dev.reprise.testing.waits
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.choice
import io.kotest.property.arbitrary.constant
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.map
import io.kotest.property.arbitrary.numericDouble
import io.kotest.property.checkAll
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

private fun unjittered(settings: ScheduleOptions<*>.() -> Any?) =
    policy {
        settings()
        jitter(Jitter.NONE)
        if (scheduleSpec.build()?.backoff?.size == null) forever()
    }

private fun List<Duration>.inSeconds(): List<Double> = map { it.inWholeMilliseconds / 1_000.0 }

class BackoffTest : FunSpec({
    test("every returns the same delay each time") {
        waits(unjittered { every(60.seconds) }, 4) shouldBe listOf(60.seconds, 60.seconds, 60.seconds, 60.seconds)
        waits(unjittered { every(Duration.ZERO) }, 2) shouldBe listOf(Duration.ZERO, Duration.ZERO)
    }

    test("exponential starts with the base, not with the base times the factor") {
        waits(unjittered { exponential(1.seconds) }, 6).inSeconds() shouldBe listOf(1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
        waits(unjittered { exponential(1.seconds, factor = 1.5) }, 4).inSeconds() shouldBe listOf(1.0, 1.5, 2.25, 3.375)
        waits(unjittered { exponential(1.seconds, factor = 1.0) }, 3).inSeconds() shouldBe listOf(1.0, 1.0, 1.0)
    }

    test("exponential stays at its cap") {
        waits(unjittered { exponential(1.seconds, factor = 3.0, max = 10.seconds) }, 5).inSeconds() shouldBe
            listOf(1.0, 3.0, 9.0, 10.0, 10.0)
        waits(unjittered { exponential(1.seconds, max = 1.seconds) }, 3).inSeconds() shouldBe listOf(1.0, 1.0, 1.0)
    }

    test("linear adds its step, by default the base, up to the cap") {
        waits(unjittered { linear(1.seconds) }, 4).inSeconds() shouldBe listOf(1.0, 2.0, 3.0, 4.0)
        waits(unjittered { linear(2.seconds, step = 3.seconds, max = 10.seconds) }, 5).inSeconds() shouldBe
            listOf(2.0, 5.0, 8.0, 10.0, 10.0)
        waits(unjittered { linear(2.seconds, step = Duration.ZERO) }, 3).inSeconds() shouldBe listOf(2.0, 2.0, 2.0)
    }

    test("fibonacci multiplies the base by 1, 1, 2, 3, 5, 8") {
        waits(unjittered { fibonacci(1.seconds) }, 8).inSeconds() shouldBe listOf(1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0)
        waits(unjittered { fibonacci(2.seconds, max = 9.seconds) }, 6).inSeconds() shouldBe listOf(2.0, 2.0, 4.0, 6.0, 9.0, 9.0)
    }

    test("a list of delays is also the limit") {
        waits(unjittered { delays(listOf(1.seconds, 5.seconds, 2.seconds)) }) shouldBe listOf(1.seconds, 5.seconds, 2.seconds)
    }

    test("each run iterates a sequence from the start, its end is the limit, negative delays count as zero") {
        val policy = policy { delays(sequenceOf(1.seconds, (-1).seconds, 3.seconds)) }
        waits(policy) shouldBe listOf(1.seconds, Duration.ZERO, 3.seconds)
        waits(policy) shouldBe listOf(1.seconds, Duration.ZERO, 3.seconds)
    }

    test("an endless sequence is iterated only as far as needed") {
        var asked = 0
        val endless = generateSequence { asked++.seconds }
        waits(policy { delays(endless) }, 3) shouldBe listOf(0.seconds, 1.seconds, 2.seconds)
        asked shouldBe 3
    }

    test("policies without a schedule retry immediately") {
        waits(policy { maxAttempts(3) }) shouldBe listOf(Duration.ZERO, Duration.ZERO)
    }

    test("a delay that is not computed is exact to the nanosecond") {
        waits(unjittered { every(123_456_789.nanoseconds) }, 1) shouldBe listOf(123_456_789.nanoseconds)
    }

    val base =
        Arb.choice(
            Arb.long(1L..Long.MAX_VALUE).mapToDuration(),
            Arb.long(1L..10_000_000_000).mapToDuration(),
            Arb.constant(Duration.INFINITE),
        )
    val factor =
        Arb.choice(
            Arb.numericDouble(1.0, 1e9),
            Arb.numericDouble(1.0, 3.0),
            Arb.constant(1.0),
            Arb.constant(1e9),
            Arb.constant(Math.nextUp(1.0)),
        )
    val retry = Arb.choice(Arb.int(1..1_000_000_000), Arb.int(1..100))

    test("no delay is negative, above its cap, or shorter than the one before, for any base, factor and number") {
        checkAll(2_000, base, factor, base, retry) { one, by, other, n ->
            val most = maxOf(one, other)
            for (schedule in listOf<ScheduleOptions<*>.() -> Any?>(
                { exponential(one, by, most) },
                { linear(one, other, most) },
                { fibonacci(one, most) },
            )) {
                val backoff =
                    ScheduleBuilder()
                        .apply { schedule() }
                        .scheduleSpec
                        .build()!!
                        .backoff
                val (first, wait, next) = listOf(1, n, n + 1).map { backoff.nanos(it) }
                first shouldBe one.toWaitNanos()
                wait shouldBeInRange first..most.toWaitNanos()
                next shouldBeInRange wait..most.toWaitNanos()
            }
        }
    }

    test("a factor of one changes no delay, though a Double cannot distinguish 2^53 from 2^53 + 1") {
        val base = ((1L shl 53) + 1).nanoseconds
        waits(unjittered { exponential(base, factor = 1.0) }, 3) shouldBe listOf(base, base, base)
    }

    test("a billion retries saturate immediately, at 146 years or at the cap") {
        ExponentialBackoff(1, 1e9, LONGEST_WAIT).nanos(1_000_000_000) shouldBe LONGEST_WAIT
        FibonacciBackoff(1, LONGEST_WAIT).nanos(1_000_000_000) shouldBe LONGEST_WAIT
        LinearBackoff(1, Long.MAX_VALUE / 2, LONGEST_WAIT).nanos(Int.MAX_VALUE) shouldBe LONGEST_WAIT
        ExponentialBackoff(1, 1e9, 5.days.toWaitNanos()).nanos(1_000_000_000).nanoseconds shouldBe 5.days
    }

    test("an infinite delay is a delay, not the end of the run") {
        val decision =
            policy {
                every(Duration.INFINITE)
                forever()
            }.session().decide(FailedAttempt(1, Duration.ZERO, FlakyException()))
        decision shouldBe Decision.RetryAfter(LONGEST_WAIT.nanoseconds)
    }

    test("the cap comes first, jitter is drawn inside it") {
        val policy =
            policy {
                exponential(8.milliseconds, max = 10.milliseconds)
                maxAttempts(4)
            }
        waits(policy, random = LongestDelays) shouldBe listOf(8.milliseconds, 10.milliseconds, 10.milliseconds)
        waits(policy, random = ShortestDelays) shouldBe listOf(Duration.ZERO, Duration.ZERO, Duration.ZERO)
    }
})

private fun Arb<Long>.mapToDuration(): Arb<Duration> = map { it.nanoseconds }
