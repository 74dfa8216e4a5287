package dev.reprise.testing

import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.ScheduleBuilder
import dev.reprise.ScheduleOptions
import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import io.kotest.property.Arb
import io.kotest.property.arbitrary.arbitrary
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

/** Any policy without code, joined to others up to [depth] deep. */
fun anyPolicy(depth: Int = 3): Arb<RetryPolicy> = arbitrary { Dice(it.random).joined(depth) { anyPlainPolicy() } }

/** Any policy with a few calls, waits of whole seconds and no jitter, joined to others up to [depth] deep. */
fun anySmallPolicy(
    depth: Int = 0,
    timed: Boolean = true,
): Arb<RetryPolicy> = arbitrary { Dice(it.random).joined(depth) { smallPolicy(timed) } }

/** Any of the failures that the rules of these policies may name. */
fun anyFailures(size: Int): Arb<List<Throwable>> =
    arbitrary {
        val dice = Dice(it.random)
        List(size) { dice.pick(FlakyException(), ThrottledException(), FlakyException(), BrokenException()) }
    }

private class Dice(
    private val random: Random,
) {
    fun joined(
        depth: Int,
        plain: Dice.() -> RetryPolicy,
    ): RetryPolicy {
        if (depth == 0 || oneIn(3)) return plain()
        val left = joined(depth - 1, plain)
        val right = joined(depth - 1, plain)
        return pick(left and right, left or right, left then right)
    }

    fun anyPlainPolicy(): RetryPolicy =
        policy {
            val listed = oneIn(4)
            val growing = !listed && oneIn(2)
            if (listed) {
                delays(List(1 + random.nextInt(4)) { wait() })
            } else if (growing) {
                growth(this)
            }
            if (!listed && !growing && oneIn(4)) wait().let { uniform(it, it + wait()) }
            if ((listed || growing) && oneIn(2)) spread(this)
            limits(this, mayGoOn = !listed)
            repeat(random.nextInt(3)) { rule(this) }
            if (oneIn(3)) rethrow(pick(Rethrow.FIRST, Rethrow.LAST))
            if (oneIn(3)) returnLastResult()
        }

    fun smallPolicy(timed: Boolean): RetryPolicy =
        policy {
            linear((1 + random.nextInt(5)).seconds, step = random.nextInt(3).seconds)
            maxAttempts(1 + random.nextInt(6))
            if (timed && oneIn(3)) maxDuration((1 + random.nextInt(30)).seconds)
            if (oneIn(4)) on<ThrottledException>(schedule = { linear((1 + random.nextInt(5)).seconds) })
            if (oneIn(3)) on<FlakyException>()
            if (oneIn(4)) unless<BrokenException>()
        }

    private fun growth(to: ScheduleOptions<*>) {
        val base = wait() + 1.nanoseconds
        val max = pick(Duration.INFINITE, base + wait())
        when (random.nextInt(4)) {
            0 -> to.every(wait())
            1 -> to.exponential(base, pick(2.0, 1.0, 1.5, 1.0 + random.nextDouble(), random.nextDouble(1.0, 1e9)), max)
            2 -> to.linear(base, pick(base, wait()), max)
            else -> to.fibonacci(base, max)
        }
    }

    private fun spread(to: ScheduleOptions<*>) {
        when (random.nextInt(3)) {
            0 -> to.jitter(1 - random.nextDouble())
            1 -> to.jitter(wait() + 1.nanoseconds)
            else -> to.jitter(pick(Jitter.FULL, Jitter.EQUAL, Jitter.DECORRELATED, Jitter.NONE))
        }
    }

    private fun limits(
        to: RetryPolicyBuilder,
        mayGoOn: Boolean,
    ) {
        val counted = oneIn(2)
        val timed = oneIn(2)
        if (counted) {
            if (oneIn(2)) {
                to.maxAttempts(1 + random.nextInt(Int.MAX_VALUE))
            } else {
                to.maxRetries(random.nextInt(10))
            }
        }
        if (timed) to.maxDuration(40.days + wait(), cancel = oneIn(2))
        if (oneIn(4)) to.maxRetryAfter(wait())
        if (!counted && !timed && (mayGoOn)) to.forever()
        if (oneIn(3)) to.initialDelay(random.nextInt(1_000).minutes)
        if (oneIn(3)) to.attemptTimeout(wait() + 1.nanoseconds)
    }

    private fun rule(to: RetryPolicyBuilder) {
        val type = pick(FlakyException::class.java, java.io.IOException::class.java, FatalError::class.java, Nested.Failure::class.java)
        val schedule: (ScheduleBuilder.() -> ScheduleBuilder)? =
            if (oneIn(3)) {
                (
                    {
                        growth(this)
                        if (oneIn(2)) jitter(Jitter.EQUAL) else this
                    }
                )
            } else {
                null
            }
        if (oneIn(
                3,
            )
        ) {
            to.unless(
                type,
                inCauses = oneIn(2),
                predicate = null,
            )
        } else {
            to.on(type, inCauses = oneIn(2), schedule = schedule, predicate = null)
        }
    }

    private fun wait(): Duration =
        pick(
            random.nextLong(1_000_000_000).nanoseconds,
            random.nextLong(100_000).milliseconds,
            random.nextInt(1_000).seconds,
            random.nextLong(Long.MAX_VALUE / 2).nanoseconds,
            random.nextInt(30).days + random.nextInt(100).nanoseconds,
        )

    fun <T> pick(vararg values: T): T = values[random.nextInt(values.size)]

    private fun oneIn(n: Int): Boolean = random.nextInt(n) == 0
}

/** Holds a failure whose name has a dollar sign. */
object Nested {
    class Failure : Exception()
}
