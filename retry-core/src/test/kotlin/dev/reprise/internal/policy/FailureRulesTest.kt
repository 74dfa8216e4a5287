package dev.reprise.internal.policy

import dev.reprise.RetryPolicyBuilder
import dev.reprise.testing.BrokenException
import dev.reprise.testing.CircularException
import dev.reprise.testing.FatalError
import dev.reprise.testing.FlakyException
import dev.reprise.testing.HintedException
import dev.reprise.testing.Run
import dev.reprise.testing.ThrottledException
import dev.reprise.testing.WrapperException
import dev.reprise.testing.policy
import dev.reprise.testing.retries
import dev.reprise.testing.retryAfter
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.UndeclaredThrowableException
import java.nio.channels.ClosedByInterruptException
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletionException
import java.util.concurrent.ExecutionException
import kotlin.time.Duration.Companion.seconds

private fun rules(settings: RetryPolicyBuilder.() -> Any?) =
    policy {
        settings()
        maxAttempts(100)
    }

class FailureRulesTest : FunSpec({
    test("without a rule any exception is retried, an error is not") {
        val policy = rules { }
        policy.retries(FlakyException()) shouldBe true
        policy.retries(RuntimeException()) shouldBe true
        policy.retries(FatalError()) shouldBe false
        policy.retries(OutOfMemoryError()) shouldBe false
        policy.retries(Throwable()) shouldBe false
    }

    test("on names the failures that are retried, subclasses included") {
        val policy = rules { on<FlakyException>() }
        policy.retries(FlakyException()) shouldBe true
        policy.retries(ThrottledException()) shouldBe true
        policy.retries(BrokenException()) shouldBe false
    }

    test("on with a predicate, first match counts") {
        val policy =
            rules {
                on<FlakyException>(schedule = { every(1.seconds) }) { it.message == "soon" }
                on<FlakyException>(schedule = { every(9.seconds) })
            }
        Run(policy).fail(FlakyException("soon")) shouldBe retryAfter(1.seconds)
        Run(policy).fail(FlakyException("late")) shouldBe retryAfter(9.seconds)
    }

    test("causes are searched only with inCauses") {
        val wrapped = WrapperException(WrapperException(ThrottledException()))
        rules { on<ThrottledException>() }.retries(wrapped) shouldBe false
        rules { on<ThrottledException>(inCauses = true) }.retries(wrapped) shouldBe true
        rules { on<BrokenException>(inCauses = true) }.retries(wrapped) shouldBe false
    }

    test("the predicate of a rule with inCauses sees the cause that matches") {
        val seen = ArrayList<String?>()
        rules { on<FlakyException>(inCauses = true) { seen.add(it.message) } }.retries(WrapperException(FlakyException("inner"))) shouldBe
            true
        seen shouldContainExactly listOf("inner")
    }

    test("circular causes end the search") {
        rules { on<BrokenException>(inCauses = true) }.retries(CircularException()) shouldBe false
        rules { on<CircularException>() }.retries(CircularException()) shouldBe true
        rules { }.retries(ExecutionException(CircularException())) shouldBe true
    }

    test("the wrappers of the JDK are removed, however many, before a rule is applied") {
        val flaky = FlakyException()
        val envelopes =
            listOf(
                CompletionException(flaky),
                ExecutionException(flaky),
                InvocationTargetException(flaky),
                UndeclaredThrowableException(flaky),
                CompletionException(ExecutionException(InvocationTargetException(flaky))),
            )
        envelopes.map { rules { on<FlakyException>() }.retries(it) } shouldBe envelopes.map { true }
        envelopes.map { rules { unless<FlakyException>() }.retries(it) } shouldBe envelopes.map { false }
        rules { }.retries(CompletionException(OutOfMemoryError())) shouldBe false
    }

    test("a wrapper without a cause is a failure like any other") {
        rules { on<ExecutionException>() }.retries(ExecutionException(null)) shouldBe true
    }

    test("unless overrides on, whatever the order and the class") {
        val before =
            rules {
                unless<FlakyException>()
                on<ThrottledException>()
            }
        val after =
            rules {
                on<ThrottledException>()
                unless<FlakyException>()
            }
        listOf(before, after).map { it.retries(ThrottledException()) } shouldBe listOf(false, false)
        rules {
            on<FlakyException>()
            unless<ThrottledException>()
        }.retries(FlakyException()) shouldBe true
    }

    test("unless with a predicate, and with inCauses") {
        val policy = rules { unless<FlakyException> { it.message == "for good" } }
        policy.retries(FlakyException("for good")) shouldBe false
        policy.retries(FlakyException()) shouldBe true
        rules { unless<FlakyException>(inCauses = true) }.retries(WrapperException(FlakyException())) shouldBe false
        rules { unless<FlakyException>() }.retries(WrapperException(FlakyException())) shouldBe true
    }

    test("an error is retried only under a rule that names errors") {
        rules { on<Throwable>() }.retries(FatalError()) shouldBe false
        rules { on<Throwable>(inCauses = true) }.retries(FatalError()) shouldBe false
        rules { on<FatalError>() }.retries(FatalError()) shouldBe true
        rules { on<Error>() }.retries(FatalError()) shouldBe true
    }

    test("an error is not retried because of its cause") {
        rules { on<FlakyException>(inCauses = true) }.retries(FatalError(FlakyException())) shouldBe false
        rules { on<Exception>(inCauses = true) }.retries(NoClassDefFoundError().apply { initCause(ClassNotFoundException()) }) shouldBe
            false
        rules { on<FatalError>(inCauses = true) }.retries(WrapperException(FatalError())) shouldBe true
    }

    test("unless covers errors too, by their superclass and by their cause") {
        rules {
            on<FatalError>()
            unless<Throwable>()
        }.retries(FatalError()) shouldBe false
        rules {
            on<FatalError>()
            unless<FlakyException>(inCauses = true)
        }.retries(FatalError(FlakyException())) shouldBe false
    }

    test("an interruption is never retried, however it is wrapped and whatever the rules are") {
        val wrappings =
            listOf(
                InterruptedException(),
                ClosedByInterruptException(),
                RuntimeException(InterruptedException()),
                WrapperException(InvocationTargetException(WrapperException(ClosedByInterruptException()))),
            )
        wrappings.map {
            rules {
                on<Throwable>(inCauses = true)
                on<InterruptedException>()
            }.retries(it)
        } shouldBe wrappings.map { false }
    }

    test("an interruption of another thread, wrapped by a future, is a failure like any other") {
        listOf(ExecutionException(InterruptedException()), WrapperException(CompletionException(InterruptedException())))
            .map { rules { }.retries(it) } shouldBe listOf(true, true)
    }

    test("a cancellation is retried only if a rule names it, whatever its causes are") {
        val cancellation = CancellationException("theirs").apply { initCause(FlakyException()) }
        rules { }.retries(cancellation) shouldBe false
        rules { on<Exception>() }.retries(cancellation) shouldBe false
        rules { on<IllegalStateException>() }.retries(cancellation) shouldBe false
        rules { on<FlakyException>(inCauses = true) }.retries(cancellation) shouldBe false
        rules { on<CancellationException>() }.retries(cancellation) shouldBe true
    }

    test("a hint overrides on, in both directions, but not unless") {
        rules { on<FlakyException>() }.retries(HintedException(true)) shouldBe true
        rules { on<HintedException>() }.retries(HintedException(false)) shouldBe false
        rules { on<FlakyException>() }.retries(HintedException(null)) shouldBe false
        rules { on<HintedException>() }.retries(HintedException(null)) shouldBe true
        rules { unless<HintedException>() }.retries(HintedException(true)) shouldBe false
        rules { }.retries(ExecutionException(HintedException(false))) shouldBe false
    }
})
