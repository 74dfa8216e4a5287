package dev.reprise.internal.policy

import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.policy.RetryHint
import dev.reprise.policy.StopReason
import dev.reprise.testing.FlakyException
import dev.reprise.testing.HintedException
import dev.reprise.testing.Run
import dev.reprise.testing.gaveUp
import dev.reprise.testing.policy
import dev.reprise.testing.retryAfter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.of
import io.kotest.property.checkAll
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private class Response(
    val status: Int,
    private val after: Duration? = null,
    private val asked: MutableList<Int> = ArrayList(),
) : RetryHint {
    override val retryAfter: Duration? get() = after.also { asked += status }
}

private fun limited(settings: RetryPolicyBuilder.() -> Any?) =
    policy {
        settings()
        maxAttempts(100)
    }

/** The delays that failures and rejected results ask for. */
class DelayHintsTest : FunSpec({
    test("the delay of a rejected result is read by the policy and from its hint; that of an accepted one is not") {
        val asked = ArrayList<Int>()
        val read = ArrayList<Int>()
        val policy =
            limited {
                every(5.seconds)
                onResult<Response> { it.status == 503 }
                retryAfterResult<Response> {
                    read += it.status
                    if (it.status == 503) 20.seconds else 1.seconds
                }
            }
        Run(policy).result(Response(503, 7.seconds, asked)) shouldBe retryAfter(20.seconds)
        Run(policy).result(Response(503, 30.seconds, asked)) shouldBe retryAfter(30.seconds)
        shouldThrow<IllegalArgumentException> { Run(policy).result(Response(200, 30.seconds, asked)) }
        asked shouldContainExactly listOf(503, 503)
        read shouldContainExactly listOf(503, 503)
    }

    test("without a hint, with a negative one and with one for another type the computed delay applies") {
        val policy =
            limited {
                every(5.seconds)
                onResult<Any> { true }
                retryAfterResult<Response> { 9.seconds }
                retryAfterResult<String> { if (it == "negative") (-9).seconds else null }
            }
        for (result in listOf("null", "negative", 3)) Run(policy).result(result) shouldBe retryAfter(5.seconds)
        Run(policy).result(Response(503)) shouldBe retryAfter(9.seconds)
    }

    test("a hint that replaces wins also if it is shorter; what the failure or result itself asks for is still the least") {
        val policy =
            limited {
                every(10.seconds)
                onResult<Any?> { true }
                retryAfter(replace = true) { if (it is FlakyException) 2.seconds else null }
                retryAfterResult<Response>(replace = true) { 3.seconds }
                retryAfterResult<Response> { if (it.status == 429) 5.seconds else null }
            }
        Run(policy).fail(FlakyException()) shouldBe retryAfter(2.seconds)
        Run(policy).fail(HintedException(null, 4.seconds)) shouldBe retryAfter(10.seconds)
        Run(policy).result(Response(503)) shouldBe retryAfter(3.seconds)
        Run(policy).result(Response(503, 4.seconds)) shouldBe retryAfter(4.seconds)
        Run(policy).result(Response(429)) shouldBe retryAfter(5.seconds)
        Run(policy).result(null) shouldBe retryAfter(10.seconds)
    }

    test("a hint longer than accepted ends the run with DEADLINE; one of that length does not") {
        val policy =
            limited {
                every(5.minutes)
                onResult<Response> { true }
                maxRetryAfter(1.minutes)
            }
        Run(policy).fail(HintedException(null, 1.minutes)) shouldBe retryAfter(5.minutes)
        Run(policy).fail(HintedException(null, 61.seconds)) shouldBe gaveUp(StopReason.DEADLINE)
        Run(policy).fail(HintedException(null, Duration.INFINITE)) shouldBe gaveUp(StopReason.DEADLINE)
        Run(policy).result(Response(503, 61.seconds)) shouldBe gaveUp(StopReason.DEADLINE)
        policy.simulate(failure = HintedException(null, 61.seconds)).stopReason shouldBe StopReason.DEADLINE
    }

    test("rules and numbers come before the hint, the hint before maxDuration") {
        val never = limited { maxRetryAfter(1.seconds) }
        Run(never).fail(HintedException(false, 1.minutes)) shouldBe gaveUp(StopReason.NOT_RETRYABLE)
        val once =
            policy {
                maxRetryAfter(1.seconds)
                maxAttempts(1)
            }
        Run(once).fail(HintedException(null, 1.minutes)) shouldBe gaveUp(StopReason.EXHAUSTED)
        val timed =
            policy {
                maxRetryAfter(1.seconds)
                maxDuration(10.seconds)
            }
        refused(timed, 1.minutes) shouldBe 1.minutes.inWholeNanoseconds
    }

    test("in `and` one refusal ends the run, in `or` two do, and `then` continues with its other part") {
        val strict = limited { maxRetryAfter(1.seconds) }
        val patient = limited { maxRetryAfter(1.minutes) }
        val any = limited { every(1.seconds) }
        val hint = HintedException(null, 10.seconds)
        for (pair in listOf(strict and any, any and strict, strict and patient, strict or strict, any then strict)) {
            val expected = if (pair == (any then strict)) retryAfter(10.seconds) else gaveUp(StopReason.DEADLINE)
            Run(pair).fail(hint) shouldBe expected
        }
        for (pair in listOf(strict or any, any or strict, strict or patient, strict then any, strict then patient)) {
            Run(pair).fail(hint) shouldBe retryAfter(10.seconds)
        }
        Run(strict then strict).fail(hint) shouldBe gaveUp(StopReason.DEADLINE)

        fun limit(policy: RetryPolicy) = policy.logic.longestHint(2.minutes.inWholeNanoseconds)
        limit(strict and patient) shouldBe 1.seconds.inWholeNanoseconds
        limit(any and patient) shouldBe 1.minutes.inWholeNanoseconds
        limit(strict or patient) shouldBe 1.minutes.inWholeNanoseconds
        limit(strict then patient) shouldBe 1.minutes.inWholeNanoseconds
    }

    test("a part without a rule about results reads the hint of a result that the other part rejects") {
        val judging = limited { onResult<Response> { it.status == 503 } }
        val waiting =
            limited {
                every(1.seconds)
                retryAfterResult<Response> { 9.seconds }
            }
        for (pair in listOf(judging and waiting, waiting and judging)) {
            Run(pair).result(Response(503)) shouldBe retryAfter(9.seconds)
            shouldThrow<IllegalArgumentException> { Run(pair).result(Response(200)) }
        }
    }

    test("a function that throws ends the run") {
        val mistake = IllegalStateException("in the hint")
        val policy =
            limited {
                onResult<Any> { true }
                retryAfterResult<Any> { throw mistake }
            }
        Run(policy).result(1) shouldBe gaveUp(StopReason.NOT_RETRYABLE)
    }

    test("the policy prints its hints; those that are code cannot be stored") {
        val policy =
            limited {
                retryAfter(replace = true) { null }
                retryAfterResult<Int> { null }
                maxRetryAfter(1.minutes)
            }
        policy.toString() shouldBe "retryAfter(replace){…} retryAfterResult{…} maxRetryAfter(1m) maxAttempts(100)"
        shouldThrow<IllegalStateException> { policy.notation() }.message shouldBe
            "this policy holds code and cannot be stored: retryAfter(replace){…}, retryAfterResult{…}"
        limited { maxRetryAfter(1.minutes) }.notation() shouldBe "maxRetryAfter(1m) maxAttempts(100)"
        limited { maxRetryAfter(Duration.INFINITE) }.notation() shouldBe "maxAttempts(100)"
    }

    test("a refused hint is a stop between EXHAUSTED and DEADLINE, and keeps its length") {
        checkAll(
            Arb.long(0L..LONGEST_WAIT),
            Arb.of(PackedDecision.DEADLINE, PackedDecision.NOT_RETRYABLE, PackedDecision.ACCEPTED),
        ) { hint, later ->
            val stop = PackedDecision.hintTooLong(hint)
            PackedDecision.isStop(stop) shouldBe true
            PackedDecision.reason(stop) shouldBe StopReason.DEADLINE
            PackedDecision.EXHAUSTED shouldBeLessThan stop
            stop shouldBeLessThan later
            val kept = checkNotNull(PackedDecision.refusedHint(stop))
            if (hint < LONGEST_WAIT - 32) kept shouldBe hint else kept shouldBe kept.coerceAtLeast(LONGEST_WAIT - 32)
        }
        listOf(PackedDecision.EXHAUSTED, PackedDecision.DEADLINE, PackedDecision.NOT_RETRYABLE, 0L).forEach {
            PackedDecision.refusedHint(it) shouldBe null
        }
    }
})

private fun refused(
    policy: RetryPolicy,
    hint: Duration,
): Long? = PackedDecision.refusedHint(policy.logic.verdict(1, 0, HintedException(null, hint), null, policy.logic.newState(), LongestDelays))
