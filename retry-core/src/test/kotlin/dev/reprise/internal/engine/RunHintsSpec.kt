package dev.reprise.internal.engine

import dev.reprise.policy.RetryExhaustedException
import dev.reprise.policy.RetryHint
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.story
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private class Response(
    private val status: Int,
    override val retryAfter: Duration? = null,
) : RetryHint {
    val isBusy: Boolean get() = status == 503

    override fun toString() = "$status"
}

private class Busy(
    override val retryAfter: Duration,
) : Broken("throttled"),
    RetryHint

/** The delays that failures and results ask for, in every runner. */
class RunHintsSpec : FunSpec({
    story(
        name = "a rejected result asks for a delay, itself and by the policy",
        configure = {
            every(1.seconds)
            onResult<Response> { it.isBusy }
            retryAfterResult<Response> { if (it.retryAfter == null) 3.seconds else null }
            maxAttempts(5)
        },
        body = { number -> if (number == 1) Response(503, 7.seconds) else Response(if (number == 2) 503 else 200) },
        expected =
            """
            1 starts at 0s
            told 1 rejected: 503, again in 7s
            2 starts at 7s
            told 2 rejected: 503, again in 3s
            3 starts at 10s
            told 3 succeeded at 10s
            returns 200
            """.trimIndent(),
    )

    story(
        name = "a hint that replaces the computed delay can be shorter",
        configure = {
            every(10.seconds)
            retryAfter(replace = true) { 2.seconds }
            maxAttempts(2)
        },
        body = { number -> if (number == 1) throw Broken("a") else "fine" },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 2s
            2 starts at 2s
            told 2 succeeded at 2s
            returns fine
            """.trimIndent(),
    )

    story(
        name = "a failure that asks for a longer delay than accepted ends the run, and the report names both",
        configure = {
            every(1.seconds)
            maxRetryAfter(1.minutes)
            maxAttempts(5)
        },
        body = { number -> throw Busy(if (number == 1) 5.seconds else 61.seconds) },
        expected =
            """
            1 starts at 0s
            told 1 failed: throttled, again in 5s
            2 starts at 5s
            told 2 failed: throttled, no more: DEADLINE
            told gave up after 2 at 5s: DEADLINE
            throws throttled (2 attempts, 2 calls, 5s, DEADLINE, first throttled, recent [throttled, throttled])
            """.trimIndent(),
    ) {
        failure!!.retryReport!!.message shouldContain
            "ended by DEADLINE (the remote service asks for a delay of 1m1s, more than maxRetryAfter(1m))"
    }

    story(
        name = "a result that asks for a longer delay than accepted ends the run with the result, before maxDuration is looked at",
        configure = {
            every(1.seconds)
            onResult<Response> { it.isBusy }
            maxRetryAfter(1.minutes)
            maxDuration(10.seconds)
        },
        body = { Response(503, 5.minutes) },
        expected =
            """
            1 starts at 0s
            told 1 rejected: 503, no more: DEADLINE
            told gave up after 1 at 0s: DEADLINE
            throws RetryExhaustedException (1 attempts, 1 calls, 0s, DEADLINE, first null, recent [])
            """.trimIndent(),
    ) {
        failure.shouldBeInstanceOf<RetryExhaustedException>().lastResult.toString() shouldBe "503"
        failure.retryReport!!.message shouldContain "a delay of 5m, more than maxRetryAfter(1m)"
    }
})
