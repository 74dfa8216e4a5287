package dev.reprise.internal.policy

import dev.reprise.RetryPolicyBuilder
import dev.reprise.policy.Jitter
import dev.reprise.policy.StopReason
import dev.reprise.testing.BrokenException
import dev.reprise.testing.FatalError
import dev.reprise.testing.FlakyException
import dev.reprise.testing.HintedException
import dev.reprise.testing.Run
import dev.reprise.testing.ThrottledException
import dev.reprise.testing.gaveUp
import dev.reprise.testing.policy
import dev.reprise.testing.retries
import dev.reprise.testing.retryAfter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.io.IOException
import java.io.UncheckedIOException
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.UndeclaredThrowableException
import java.util.concurrent.CompletionException
import java.util.concurrent.ExecutionException
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

private fun limited(settings: RetryPolicyBuilder.() -> Any?) =
    policy {
        settings()
        maxAttempts(100)
    }

class RulePolicyTest : FunSpec({
    test("the hint of a failure can lengthen the delay, but not shorten it") {
        val policy = limited { every(5.seconds) }
        Run(policy).fail(HintedException(null, 9.seconds)) shouldBe retryAfter(9.seconds)
        Run(policy).fail(HintedException(null, 2.seconds)) shouldBe retryAfter(5.seconds)
        Run(policy).fail(HintedException(null, (-1).seconds)) shouldBe retryAfter(5.seconds)
    }

    test("retryAfter reads the delay from the unwrapped failure; the largest wins, even above the cap") {
        val policy =
            limited {
                exponential(1.seconds, max = 2.seconds)
                retryAfter { (it as? FlakyException)?.let { 30.seconds } }
            }
        Run(policy).fail(CompletionException(FlakyException())) shouldBe retryAfter(30.seconds)
        Run(policy).fail(BrokenException()) shouldBe retryAfter(1.seconds)
        Run(policy).fail(HintedException(null, 40.seconds)) shouldBe retryAfter(40.seconds)
    }

    test("a hint past the deadline ends the run now") {
        Run(
            policy {
                every(1.seconds)
                maxDuration(10.seconds)
                retryAfter { 10.seconds }
            },
        ).fail(FlakyException()) shouldBe
            gaveUp(StopReason.DEADLINE)
    }

    test("a rule's own delays have their own counter") {
        val run =
            Run(
                limited {
                    exponential(1.seconds)
                    jitter(Jitter.NONE)
                    on<ThrottledException>(schedule = {
                        exponential(10.seconds)
                        jitter(Jitter.NONE)
                    })
                    on<BrokenException>(schedule = { linear(100.seconds) })
                    on<Exception>()
                },
            )
        val story =
            listOf(
                FlakyException(),
                ThrottledException(),
                FlakyException(),
                BrokenException(),
                ThrottledException(),
                BrokenException(),
                FlakyException(),
            )
        story.map { run.fail(it) } shouldBe listOf(1, 10, 2, 100, 20, 200, 4).map { retryAfter(it.seconds) }
    }

    test("two rules with equal delays count separately") {
        val run =
            Run(
                limited {
                    on<ThrottledException>(schedule = { linear(1.seconds) })
                    on<BrokenException>(schedule = { linear(1.seconds) })
                },
            )
        listOf(ThrottledException(), ThrottledException(), BrokenException()).map { run.fail(it) } shouldBe
            listOf(retryAfter(1.seconds), retryAfter(2.seconds), retryAfter(1.seconds))
    }

    test("the end of a rule's own delays is the end of the run") {
        val run = Run(limited { on<FlakyException>(schedule = { delays(listOf(1.seconds)) }) })
        run.fail(FlakyException()) shouldBe retryAfter(1.seconds)
        run.fail(FlakyException()) shouldBe gaveUp(StopReason.EXHAUSTED)
    }

    test("a failure that no rule retries is aborted, not exhausted") {
        Run(limited { on<FlakyException>() }).fail(BrokenException()) shouldBe gaveUp(StopReason.NOT_RETRYABLE)
        Run(
            policy {
                on<FlakyException>()
                maxAttempts(1)
            },
        ).fail(BrokenException()) shouldBe gaveUp(StopReason.NOT_RETRYABLE)
    }

    test("onResult retries the results of its type that its predicate holds for") {
        val policy =
            limited {
                every(1.seconds)
                onResult<Int> { it < 0 }
                onResult<String?> { it.isNullOrEmpty() }
            }
        Run(policy).result(-1) shouldBe retryAfter(1.seconds)
        Run(policy).result("") shouldBe retryAfter(1.seconds)
        Run(policy).result(null) shouldBe retryAfter(1.seconds)
        shouldThrow<IllegalArgumentException> { Run(policy).result(1) }.message shouldBe
            "the policy accepts the result 1: a run ends there, with success"
        policy.retries(FlakyException()) shouldBe true
    }

    test("a failure tester has its own state in each run") {
        val policy =
            limited {
                failureTester {
                    var seen = 0
                    { failure -> failure.takeIf { ++seen == 3 } }
                }
            }
        repeat(2) {
            val run = Run(policy)
            List(3) { run.fail(FlakyException()) } shouldBe
                listOf(retryAfter(Duration.ZERO), retryAfter(Duration.ZERO), gaveUp(StopReason.NOT_RETRYABLE))
        }
    }

    test("what a tester returns or throws replaces the failure") {
        val returned = BrokenException()
        val thrown = FatalError()
        for ((end, tester) in mapOf<Throwable, (Throwable) -> Throwable?>(returned to { returned }, thrown to { throw thrown })) {
            val policy = limited { failureTester { tester } }
            val state = policy.logic.newState()!!
            policy.logic.verdict(1, 0, FlakyException(), null, state, LongestDelays) shouldBe PackedDecision.NOT_RETRYABLE
            state.replacement shouldBeSameInstanceAs end
        }
    }

    test("a tester sees only what the other rules would retry, without its wrappers") {
        val seen = ArrayList<Throwable>()
        val policy =
            limited {
                on<FlakyException>()
                failureTester {
                    {
                        seen.add(it)
                        null
                    }
                }
            }
        val flaky = FlakyException()
        val run = Run(policy)
        run.fail(CompletionException(flaky))
        run.fail(BrokenException())
        seen shouldContainExactly listOf(flaky)
    }

    test("every rule gets the same failure, whatever envelopes are around it") {
        val flaky = FlakyException()
        val envelopes =
            listOf<(Throwable) -> Throwable>(
                ::CompletionException,
                ::ExecutionException,
                ::InvocationTargetException,
                ::UndeclaredThrowableException,
                { object : UndeclaredThrowableException(it) {} },
            )
        for (wrap in envelopes) {
            val seen = ArrayList<Throwable>()
            val policy =
                limited {
                    unless<Exception> { seen.add(it) && false }
                    on<Exception> { seen.add(it) }
                    failureTester { { null.also { _ -> seen.add(it) } } }
                    retryAfter { 1.seconds.also { _ -> seen.add(it) } }
                }
            Run(policy).fail(wrap(CompletionException(flaky))) shouldBe retryAfter(1.seconds)
            seen shouldContainExactly List(4) { flaky }
        }
    }

    test("an UncheckedIOException is no envelope: rules match its class, and its cause only with inCauses") {
        val failure = UncheckedIOException(IOException("down"))
        limited { on<IOException>() }.retries(failure) shouldBe false
        limited { on<UncheckedIOException>() }.retries(failure) shouldBe true
        limited { on<IOException>(inCauses = true) }.retries(failure) shouldBe true
    }

    test("a rule that throws ends the run; its exception is suppressed in the failure") {
        val mistake = IllegalStateException("in the rule")
        val mistakes =
            listOf<RetryPolicyBuilder.() -> Any?>(
                { on<FlakyException> { throw mistake } },
                { unless<FlakyException> { throw mistake } },
                { retryAfter { throw mistake } },
                { delays(sequence { throw mistake }) },
                { on<FlakyException>(schedule = { delays(sequence { throw mistake }) }) },
            )
        for (mistaken in mistakes) {
            val failure = FlakyException()
            Run(limited(mistaken)).fail(failure) shouldBe gaveUp(StopReason.NOT_RETRYABLE)
            failure.suppressed.toList() shouldBe listOf(mistake)
        }
    }

    test("a random that throws ends the run; its exception is suppressed in the failure") {
        val mistake = IllegalStateException("in the random")
        val broken =
            object : Random() {
                override fun nextBits(bitCount: Int): Int = throw mistake
            }
        val failure = FlakyException()
        Run(limited { exponential(1.seconds) }, broken).fail(failure) shouldBe gaveUp(StopReason.NOT_RETRYABLE)
        failure.suppressed.toList() shouldBe listOf(mistake)
    }

    test("a predicate that throws the very failure it was shown ends the run without a complaint about self-suppression") {
        val failure = FlakyException()
        Run(limited { on<FlakyException> { throw it } }).fail(failure) shouldBe gaveUp(StopReason.NOT_RETRYABLE)
        failure.suppressed.toList() shouldBe emptyList()
    }
})
