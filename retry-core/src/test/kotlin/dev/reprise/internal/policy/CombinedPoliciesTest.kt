package dev.reprise.internal.policy

import dev.reprise.RetryPolicy
import dev.reprise.internal.util.toDuration
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Decision
import dev.reprise.policy.Rethrow
import dev.reprise.policy.StopReason
import dev.reprise.testing.BrokenException
import dev.reprise.testing.FlakyException
import dev.reprise.testing.Run
import dev.reprise.testing.ThrottledException
import dev.reprise.testing.anyFailures
import dev.reprise.testing.anySmallPolicy
import dev.reprise.testing.gaveUp
import dev.reprise.testing.policy
import dev.reprise.testing.retryAfter
import dev.reprise.testing.waits
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.property.checkAll
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val failures = anyFailures(30)

/** What [policy] decides in a run with these failures, up to its end. */
private fun story(
    policy: RetryPolicy,
    of: List<Throwable>,
): List<Decision> {
    val run = Run(policy)
    val decisions = ArrayList<Decision>()
    for (failure in of) {
        decisions += run.fail(failure, taking = 0.1.seconds)
        if (decisions.last() is Decision.GiveUp) break
    }
    return decisions
}

class CombinedPoliciesTest : FunSpec({
    val fast =
        policy {
            every(1.seconds)
            maxAttempts(5)
        }
    val slow =
        policy {
            every(10.seconds)
            maxAttempts(3)
        }

    test("and stops if either stops, and uses the longer delay") {
        waits(fast and slow) shouldBe listOf(10.seconds, 10.seconds)
    }

    test("or continues if either continues, with the shorter delay") {
        waits(fast or slow) shouldBe List(4) { 1.seconds }
        waits(slow or policy { delays(listOf(20.seconds, 1.seconds, 20.seconds)) }) shouldBe listOf(10.seconds, 1.seconds, 20.seconds)
    }

    test("then starts the second fresh and adds no attempt: three attempts then three attempts are five") {
        val three =
            policy {
                linear(1.seconds)
                maxAttempts(3)
            }
        waits(three then three) shouldBe listOf(1.seconds, 2.seconds, 1.seconds, 2.seconds)
        waits(policy { maxAttempts(1) } then slow) shouldBe listOf(10.seconds, 10.seconds)
    }

    test("then starts a new clock for the second") {
        val minute =
            policy {
                every(20.seconds)
                maxDuration(1.minutes)
            }
        waits(minute then minute) shouldBe List(4) { 20.seconds }
        deadlines(minute then minute) shouldBe listOf(60.seconds, 100.seconds)
    }

    test("then ends the run on a failure that the first does not retry") {
        val first =
            policy {
                on<FlakyException>()
                maxAttempts(3)
            }
        Run(first then policy { forever() }).fail(BrokenException()) shouldBe gaveUp(StopReason.NOT_RETRYABLE)
    }

    test("if both stop, and reports the stronger reason, or the weaker one") {
        val aborts =
            policy {
                on<FlakyException>()
                forever()
            }
        val exhausted = policy { maxAttempts(1) }
        Run(aborts and exhausted).fail(BrokenException()) shouldBe gaveUp(StopReason.NOT_RETRYABLE)
        Run(aborts or exhausted).fail(BrokenException()) shouldBe gaveUp(StopReason.EXHAUSTED)
    }

    // If parts have deadlines, the laws hold for the delays and the end of a run, not for which of two reasons it reports.
    for (timed in listOf(false, true)) {
        val with = if (timed) "with deadlines" else "without deadlines"

        fun same(
            one: RetryPolicy,
            other: RetryPolicy,
            of: List<Throwable>,
        ) {
            val stories = listOf(story(one, of), story(other, of)).map { story -> story.filter { !timed || it is Decision.RetryAfter } }
            stories[0] shouldBe stories[1]
        }

        test("and is associative, commutative and idempotent, $with") {
            checkAll(300, anySmallPolicy(1, timed), anySmallPolicy(1, timed), anySmallPolicy(0, timed), failures) { a, b, c, of ->
                same((a and b) and c, a and (b and c), of)
                same(a and b, b and a, of)
                same(a and a, a, of)
            }
        }

        test("or is associative, commutative and idempotent, $with") {
            checkAll(300, anySmallPolicy(1, timed), anySmallPolicy(1, timed), anySmallPolicy(0, timed), failures) { a, b, c, of ->
                same((a or b) or c, a or (b or c), of)
                same(a or b, b or a, of)
                same(a or a, a, of)
            }
        }

        test("and and or absorb each other, $with") {
            checkAll(300, anySmallPolicy(1, timed), anySmallPolicy(0, timed), failures) { a, b, of ->
                same(a and (a or b), a, of)
                same(a or (a and b), a, of)
            }
        }
    }

    test("and distributes over or without deadlines") {
        checkAll(
            300,
            anySmallPolicy(1, timed = false),
            anySmallPolicy(timed = false),
            anySmallPolicy(timed = false),
            failures,
        ) { a, b, c, of ->
            story(a and (b or c), of) shouldBe story((a and b) or (a and c), of)
        }
    }

    test("then is associative; its waits are those of both, its calls are one less than those of both") {
        checkAll(300, anySmallPolicy(), anySmallPolicy(), anySmallPolicy(), failures) { a, b, c, of ->
            story((a then b) then c, of) shouldBe story(a then (b then c), of)

            // A failure that all of them retry.
            fun waitsOf(policy: RetryPolicy) = waits(policy, failure = ThrottledException())
            waitsOf(a then b) shouldBe waitsOf(a) + waitsOf(b)
            waitsOf(a then b).size + 1 shouldBe (waitsOf(a).size + 1) + (waitsOf(b).size + 1) - 1
        }
    }

    test("settings of the whole run: the joined initial delay, the shorter attempt timeout, the ending of the left") {
        val left =
            policy {
                initialDelay(1.seconds)
                attemptTimeout(5.seconds)
                rethrow(Rethrow.FIRST)
                returnLastResult()
                forever()
            }
        val right =
            policy {
                initialDelay(2.seconds)
                attemptTimeout(3.seconds)
                forever()
            }
        listOf(left and right, left or right, left then right).map { it.logic.initialDelayNanos.toDuration() } shouldBe
            listOf(2.seconds, 1.seconds, 1.seconds)
        for (policy in listOf(left and right, left or right, left then right)) {
            policy.logic.attemptTimeoutNanos.toDuration() shouldBe 3.seconds
            policy.logic.rethrow shouldBe Rethrow.FIRST
            policy.logic.returnsLast shouldBe true
        }
    }

    test("and keeps the earlier deadline, or the later one") {
        val (early, late) = listOf(1, 2).map { n -> policy { maxDuration(n.minutes) } }
        (early and late).logic.deadlineNanos((early and late).logic.newState()).toDuration() shouldBe 1.minutes
        (early or late).logic.deadlineNanos((early or late).logic.newState()).toDuration() shouldBe 2.minutes
        (early or policy { maxAttempts(3) }).logic.deadlineNanos(null).toDuration() shouldBe Duration.INFINITE
    }

    test("and starts no delay of one part that would reach the deadline of the other") {
        val policy =
            policy {
                every(10.seconds)
                forever()
            } and
                policy {
                    every(1.seconds)
                    maxDuration(10.seconds)
                }
        Run(policy).fail(FlakyException()) shouldBe gaveUp(StopReason.DEADLINE)
        Run(
            policy {
                every(9.seconds)
                forever()
            } and policy { maxDuration(10.seconds) },
        ).fail(FlakyException()) shouldBe retryAfter(9.seconds)
    }

    test("an attempt that only one part of or continues with has the deadline of that part") {
        val policy =
            policy {
                every(1.seconds)
                maxAttempts(2)
            } or
                policy {
                    every(1.seconds)
                    maxDuration(1.minutes)
                }
        val state = policy.logic.newState()
        val deadlines =
            listOf(policy.logic.deadlineNanos(state)) +
                (1..3).map { n ->
                    policy.logic.verdict(n, n.seconds.toWaitNanos(), FlakyException(), null, state, LongestDelays)
                    policy.logic.deadlineNanos(state)
                }
        deadlines.map { it.toDuration() } shouldBe listOf(Duration.INFINITE, Duration.INFINITE, 1.minutes, 1.minutes)
    }

    test("the result rules of both parts apply") {
        val negative =
            policy {
                onResult<Int> { it < 0 }
                maxAttempts(3)
            }
        val odd =
            policy {
                onResult<Int> { it % 2 != 0 }
                maxAttempts(3)
            }
        Run(negative or odd).result(1) shouldBe retryAfter(Duration.ZERO)
        Run(negative and odd).result(-1) shouldBe retryAfter(Duration.ZERO)
    }

    test("a tester that ended one part of or has no say in how the other ends") {
        val tested =
            policy {
                failureTester { { BrokenException() } }
                maxAttempts(9)
            }
        val policy = tested or policy { maxAttempts(2) }
        val state = policy.logic.newState()!!
        policy.logic.verdict(1, 0, FlakyException(), null, state, LongestDelays) shouldBe 0
        state.replacement shouldBe null
        policy.logic.verdict(2, 0, FlakyException(), null, state, LongestDelays) shouldBe PackedDecision.EXHAUSTED
        state.replacement shouldBe null
    }

    test("a tester that ends a joined run chooses the failure") {
        val end = BrokenException()
        val tested =
            policy {
                failureTester { { failure -> end.takeIf { failure is ThrottledException } } }
                maxAttempts(9)
            }
        for (policy in listOf(tested and fast, fast and tested, tested then fast, policy { maxAttempts(1) } then tested)) {
            val state = policy.logic.newState()!!
            policy.logic.verdict(1, 0, FlakyException(), null, state, LongestDelays)
            policy.logic.verdict(2, 0, ThrottledException(), null, state, LongestDelays) shouldBe PackedDecision.NOT_RETRYABLE
            state.replacement shouldBeSameInstanceAs end
        }
    }
})

/** The deadline before the first attempt, and after the first part of `then` has ended. */
private fun deadlines(policy: RetryPolicy): List<Duration> {
    val state = policy.logic.newState()
    val first = policy.logic.deadlineNanos(state).toDuration()
    policy.logic.verdict(3, 40.seconds.toWaitNanos(), FlakyException(), null, state, LongestDelays)
    return listOf(first, policy.logic.deadlineNanos(state).toDuration())
}
