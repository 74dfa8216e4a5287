package dev.reprise.internal.policy

import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import dev.reprise.testing.BrokenException
import dev.reprise.testing.FlakyException
import dev.reprise.testing.Nested
import dev.reprise.testing.ThrottledException
import dev.reprise.testing.anyPolicy
import dev.reprise.testing.openPolicy
import dev.reprise.testing.policy
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.property.checkAll
import java.io.FileNotFoundException
import java.io.IOException
import java.net.ConnectException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private const val TESTING = "dev.reprise.testing"

private fun textOf(settings: RetryPolicyBuilder.() -> Any?) = policy(settings).toString()

class PolicyPrinterTest : FunSpec({
    test("a policy prints the calls that build it, in a fixed order, without defaults") {
        textOf {
            unless<FileNotFoundException>()
            returnLastResult()
            attemptTimeout(2.seconds)
            on<ConnectException>()
            maxDuration(30.seconds)
            on<IOException>(inCauses = true)
            maxAttempts(5)
            rethrow(Rethrow.FIRST)
            jitter(Jitter.FULL)
            initialDelay(1.seconds)
            exponential(100.milliseconds, factor = 2.0, max = 10.seconds)
        } shouldBe
            "exponential(100ms, max=10s) initialDelay(1s) maxAttempts(5) maxDuration(30s) attemptTimeout(2s) " +
            "on(java.net.ConnectException) on(java.io.IOException, inCauses) unless(java.io.FileNotFoundException) rethrow(first) returnLastResult"
    }

    test("every schedule prints itself") {
        textOf {
            every(60.seconds)
            forever()
        } shouldBe "every(1m) forever"
        textOf {
            exponential(1.seconds)
            forever()
        } shouldBe "exponential(1s) forever"
        textOf {
            exponential(1.minutes, factor = 1.5)
            jitter(Jitter.NONE)
            forever()
        } shouldBe
            "exponential(1m, factor=1.5) jitter(none) forever"
        textOf {
            linear(1.seconds)
            forever()
        } shouldBe "linear(1s) forever"
        textOf {
            linear(1.seconds, step = 2.seconds, max = 9.seconds)
            forever()
        } shouldBe "linear(1s, step=2s, max=9s) forever"
        textOf {
            fibonacci(1.seconds, max = 9.seconds)
            forever()
        } shouldBe "fibonacci(1s, max=9s) forever"
        textOf { delays(listOf(1.seconds, 5.seconds)) } shouldBe "delays(1s, 5s)"
        textOf {
            every(Duration.ZERO)
            maxAttempts(3)
        } shouldBe "maxAttempts(3)"
    }

    test("maxRetries prints as maxAttempts") {
        textOf { maxRetries(2) } shouldBe "maxAttempts(3)"
    }

    test("a rule prints its own delays") {
        textOf {
            on<ThrottledException>(schedule = {
                exponential(1.seconds)
                jitter(Jitter.EQUAL)
            })
            maxAttempts(3)
        } shouldBe
            "maxAttempts(3) on($TESTING.ThrottledException, schedule=exponential(1s) jitter(equal))"
        textOf {
            on<FlakyException>(inCauses = true, schedule = { every(Duration.ZERO) })
            maxAttempts(3)
        } shouldBe
            "maxAttempts(3) on($TESTING.FlakyException, inCauses, schedule=every(0s))"
    }

    test("joined policies print with brackets that parse back to the same") {
        val (a, b, c) = (1..3).map { n -> policy { maxAttempts(n) } }
        val text = "maxAttempts"
        mapOf(
            (a and b) to "($text(1) and $text(2))",
            (a or b or c) to "($text(1) or $text(2) or $text(3))",
            (a or (b or c)) to "($text(1) or ($text(2) or $text(3)))",
            ((a and b) then c) to "(($text(1) and $text(2)) then $text(3))",
        ).forEach { (policy, text) ->
            "$policy" shouldBe text
            RetryPolicy.parse(text) shouldBe policy
        }
    }

    test("a policy whose runs are ended from outside prints forever") {
        val open = openPolicy { every(1.seconds) }
        "$open" shouldBe "every(1s) forever"
        RetryPolicy.parse(open.notation()) shouldBe open
        "${openPolicy { delays(listOf(1.seconds)) }}" shouldBe "delays(1s)"
        "${openPolicy { delays(sequenceOf(1.seconds)) }}" shouldBe "delays{…}"
    }

    test("code prints as {…}") {
        val policy =
            policy {
                delays(generateSequence { 1.seconds })
                retryAfter { null }
                on<IOException> { true }
                on<FlakyException>(schedule = { delays(sequenceOf(1.seconds)) })
                unless<BrokenException>(inCauses = true) { true }
                onResult<Int> { it < 0 }
                failureTester { { null } }
            }
        "$policy" shouldBe
            "delays{…} retryAfter{…} on(java.io.IOException){…} on($TESTING.FlakyException, schedule=delays{…}) " +
            "unless($TESTING.BrokenException, inCauses){…} onResult{…} failureTester{…}"
    }

    test("a policy with code has no notation, and the message names every such rule") {
        val coded =
            policy {
                every(1.seconds)
                on<IOException> { true }
                on<FlakyException>()
                onResult<Int> { true }
                forever()
            }
        shouldThrow<IllegalStateException> { (policy { maxAttempts(3) } and coded).notation() }.message shouldBe
            "this policy holds code and cannot be stored: on(java.io.IOException){…}, onResult{…}"
        policy {
            every(1.seconds)
            on<FlakyException>()
            maxAttempts(3)
        }.notation() shouldBe
            "every(1s) maxAttempts(3) on($TESTING.FlakyException)"
    }

    test("policies are equal if their settings are, whatever the order of the calls") {
        policy {
            maxAttempts(3)
            every(1.seconds)
        } shouldBe
            policy {
                every(1.seconds)
                maxRetries(2)
            }
        policy { maxAttempts(3) } shouldNotBe policy { maxAttempts(4) }
        val (a, b) = (1..2).map { n -> policy { maxAttempts(n) } }
        (a and b) shouldBe (policy { maxAttempts(1) } and b)
        (a and b).hashCode() shouldBe (policy { maxAttempts(1) } and b).hashCode()
        (a and b) shouldNotBe (a or b)
        (a and b) shouldNotBe (b and a)
        policy {
            on<IOException> { true }
            forever()
        } shouldNotBe
            policy {
                on<IOException> { true }
                forever()
            }
    }

    test("nested, local and oddly named classes print so that they parse back") {
        @Suppress("ktlint:standard:class-naming", "ClassNaming")
        class `odd, (but) legal` : Exception()

        val policy =
            policy {
                on<Nested.Failure>()
                on<`odd, (but) legal`>()
                maxAttempts(2)
            }
        policy.notation() shouldBe "maxAttempts(2) on($TESTING.Nested\$Failure) on(`${`odd, (but) legal`::class.java.name}`)"
        RetryPolicy.parse(policy.notation()) shouldBe policy
    }

    test("every policy without code parses back to an equal one") {
        checkAll(2_000, anyPolicy()) { policy -> RetryPolicy.parse(policy.notation()) shouldBe policy }
    }
})
