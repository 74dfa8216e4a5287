package dev.reprise.internal.policy

import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import dev.reprise.policy.RetryPolicyParseException
import dev.reprise.testing.FlakyException
import dev.reprise.testing.anyPolicy
import dev.reprise.testing.policy
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.inspectors.forAll
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import io.kotest.property.Arb
import io.kotest.property.arbitrary.Codepoint
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.of
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private const val CALLS =
    "attemptTimeout, delays, every, exponential, fibonacci, forever, initialDelay, jitter, linear, maxAttempts, maxDuration, maxRetries, " +
        "maxRetryAfter, on, rethrow, returnLastResult, uniform, unless"

/** The offset and the first line of the message with which [text] is rejected. */
private fun refused(text: String): Pair<Int, String> =
    shouldThrow<RetryPolicyParseException> { RetryPolicy.parse(text) }.let { it.position to it.message!!.lines().first() }

/** The position of `^` in [marked], and the text without it. */
private infix fun String.isRefused(problem: String) {
    refused(replace("^", "")) shouldBe (indexOf('^') to problem)
}

class PolicyParserTest : FunSpec({
    test("a notation that reads like the builder gives the same policy") {
        RetryPolicy.parse(
            "exponential(100ms, factor=2.0, max=10s) jitter(equal) maxAttempts(5) maxDuration(30s) attemptTimeout(2s) " +
                "on(java.io.IOException, inCauses) on(dev.reprise.testing.FlakyException, schedule=exponential(1s) jitter(none)) " +
                "unless(java.io.FileNotFoundException) initialDelay(1s) rethrow(first) returnLastResult",
        ) shouldBe
            policy {
                exponential(100.milliseconds, factor = 2.0, max = 10.seconds)
                jitter(Jitter.EQUAL)
                maxAttempts(5)
                maxDuration(30.seconds)
                attemptTimeout(2.seconds)
                on<IOException>(inCauses = true)
                on<FlakyException>(schedule = {
                    exponential(1.seconds)
                    jitter(Jitter.NONE)
                })
                unless<java.io.FileNotFoundException>()
                initialDelay(1.seconds)
                rethrow(Rethrow.FIRST)
                returnLastResult()
            }
    }

    test("arguments are given by position or by name, with any white space") {
        val expected =
            policy {
                exponential(100.milliseconds, 1.5, 1.minutes)
                forever()
            }
        for (text in listOf(
            "exponential(100ms, 1.5, 1m) forever",
            "exponential(max=1m, base=100ms, factor=1.5) forever()",
            "\n  exponential( 100ms ,factor = 1.5,\tmax=60s )\n  forever\n",
            "(exponential(100ms,1.5,1m) forever)",
        )) {
            RetryPolicy.parse(text) shouldBe expected
        }
        RetryPolicy.parse("on(java.io.IOException, true) maxRetries(2)") shouldBe
            policy {
                on<IOException>(inCauses = true)
                maxAttempts(3)
            }
        RetryPolicy.parse("on(java.io.IOException, inCauses=false) forever") shouldBe
            policy {
                on<IOException>()
                forever()
            }
    }

    test("joined policies need brackets only where they are ambiguous") {
        val (a, b, c) = (1..3).map { n -> policy { maxAttempts(n) } }
        RetryPolicy.parse("maxAttempts(1) and maxAttempts(2)") shouldBe (a and b)
        RetryPolicy.parse("maxAttempts(1) then maxAttempts(2) then maxAttempts(3)") shouldBe ((a then b) then c)
        RetryPolicy.parse("(maxAttempts(1) and maxAttempts(2))or(maxAttempts(3))") shouldBe ((a and b) or c)
        "maxAttempts(1) and maxAttempts(2) ^or maxAttempts(3)" isRefused "'or' after 'and' is ambiguous: put brackets around one"
    }

    test("the message shows the line and points at the place") {
        val text = "every(1s)\n\tmaxAttempts(0)\nforever"
        val e = shouldThrow<RetryPolicyParseException> { RetryPolicy.parse(text) }
        e.text shouldBe text
        e.position shouldBe 11
        e.message shouldBe
            """
            |maxAttempts must be at least 1, but was 0; it counts all attempts, including the first
            |  ${"\t"}maxAttempts(0)
            |  ${"\t"}^
            """.trimMargin()
    }

    test("text that is no policy is rejected at the position of the error") {
        "^" isRefused "expected a call: $CALLS"
        "  ^" isRefused "expected a call: $CALLS"
        "^evry(1s)" isRefused "no call is named 'evry'; there are $CALLS"
        "every(1s) forever^)" isRefused "unexpected ')'; no bracket is open"
        "every(1s) forever ^= 1" isRefused "unexpected '='"
        "(every(1s) forever)^every(2s)" isRefused "expected and, or, then or the end of the text"
        "(every(1s) forever^" isRefused "expected ')'"
        "every(^" isRefused "the text ends too early"
        "every(1s forever^" isRefused "expected ')'"
        "every(1s,^) forever" isRefused "unexpected ')'"
        "every(delay=^) forever" isRefused "expected a value"
        "every(^=1s) forever" isRefused "unexpected '='"
        "forever and^" isRefused "expected a call: $CALLS"
        "^and forever" isRefused "expected a call: $CALLS"
    }

    test("a mistake in the text is reported before a mistake in the policy, wherever it is") {
        val separated = "unexpected ','; calls are separated by spaces"
        "every(1s)^, maxAttempts(3)" isRefused separated
        "every(1s) maxAttempts(0)^, forever" isRefused separated
        "(every(1s)^, maxAttempts(3))" isRefused separated
        "evry(1s) and (every(2s)^" isRefused "expected ')'"
        "every(1s) and^" isRefused "expected a call: $CALLS"
        "every(1s) and ^and maxAttempts(3)" isRefused "expected a call: $CALLS"
        "every(1s) ^, and maxAttempts(3)" isRefused separated
        "every(1s) and ^, maxAttempts(3)" isRefused separated
        "^, every(1s)" isRefused separated
        "every(1s)^) maxAttempts(3)" isRefused "unexpected ')'; no bracket is open"
        "^) every(1s)" isRefused "unexpected ')'; no bracket is open"
        "exponential(1s,^, max=2s)" isRefused "unexpected ','"
        "exponential(1s, max=2s,^)" isRefused "unexpected ')'"
        "exponential(1s, max=2s^" isRefused "expected ')'"
        "on(java.io.IOException, schedule=every(1s)^" isRefused "expected ')'"
        "every(1s) ^{ maxAttempts(3) }" isRefused "unexpected '{'"
        shouldThrow<RetryPolicyParseException> { RetryPolicyBuilder().notation("every(1s), maxAttempts(3)") }
            .message!!
            .lines()
            .first() shouldBe separated
    }

    test("arguments that do not fit are rejected with the form of the call") {
        "^every forever" isRefused "'delay' is missing: it is every(delay)"
        "^every() forever" isRefused "'delay' is missing: it is every(delay)"
        "every(1s, ^2s) forever" isRefused "too many arguments: it is every(delay)"
        "forever(^1s)" isRefused "too many arguments: it is forever"
        "exponential(1s, facto=^2) forever" isRefused "no argument 'facto': it is exponential(base, factor, max)"
        "exponential(1s, base=^2s) forever" isRefused "'base' is set twice"
        "every(^soon) forever" isRefused "expected a duration such as 250ms, 1.5s or 1m30s, no finer than a nanosecond, but was 'soon'"
        "every(^1m 30s) forever" isRefused "expected a single word, without spaces or brackets"
        "delays(1s, ^2)" isRefused "expected a duration such as 250ms, 1.5s or 1m30s, no finer than a nanosecond, but was '2'"
        "delays(schedule=^1s)" isRefused "'schedule' is not expected here"
        "exponential(1s, ^fast) forever" isRefused "expected a number such as 1.5, but was 'fast'"
        "maxAttempts(^3.5)" isRefused "expected a whole number such as 5, but was '3.5'"
        "maxAttempts(^99999999999)" isRefused "expected a whole number such as 5, but was '99999999999'"
        "every(1s) jitter(^Full) forever" isRefused
            "expected one of none, full, equal, decorrelated, a factor such as 0.5, or a duration such as 100ms, but was 'Full'"
        "rethrow(^Both) forever" isRefused "expected one of last, first, but was 'Both'"
        "on(java.io.IOException, inCauses=^maybe) forever" isRefused "expected true or false, but was 'maybe'"
    }

    test("classes are found by their full names and must be Throwables") {
        "on(^IOException) forever" isRefused "no class 'IOException' is found; a class is written with its package, as java.io.IOException"
        "unless(^java.lang.String) forever" isRefused "class 'java.lang.String' is not a Throwable"
        "on(^int) forever" isRefused "no class 'int' is found; a class is written with its package, as java.io.IOException"
        "on(^`never closed) forever" isRefused "expected another '`'"
        refused("on(Java/io/IOException) forever").first shouldBe 3
    }

    test("a class is loaded by the given loader, and is not initialized") {
        RetryPolicy.parse("on(${Loaded::class.java.name}) forever", Loaded::class.java.classLoader)
        Loads.count shouldBe 0
        val platform = ClassLoader.getPlatformClassLoader()
        shouldThrow<RetryPolicyParseException> { RetryPolicy.parse("on(${FlakyException::class.java.name}) forever", platform) }
            .message shouldStartWith "no class 'dev.reprise.testing.FlakyException' is found"
        RetryPolicy.parse("on(${FlakyException::class.java.name}) forever", null) shouldBe
            policy {
                on<FlakyException>()
                forever()
            }
    }

    test("what the builder rejects is rejected with the same message, at the call") {
        "^every(-1s) forever" isRefused "every must not be negative, but was -1s; zero retries immediately"
        "^maxAttempts(0)" isRefused "maxAttempts must be at least 1, but was 0; it counts all attempts, including the first"
        "maxAttempts(3) ^maxRetries(2)" isRefused "maxRetries(2) contradicts maxAttempts(3), which was set before; keep one of them"
        "every(1s) ^linear(1s) forever" isRefused
            "linear(1s) contradicts every(1s), which was set before; keep one of them, or join two policies with and, or, then"
        "forever on(java.io.IOException, schedule=^every(-1s))" isRefused
            "every must not be negative, but was -1s; zero retries immediately"
        "forever on(java.io.IOException, schedule=^maxAttempts(2))" isRefused
            "no call is named 'maxAttempts'; there are delays, every, exponential, fibonacci, jitter, linear, uniform"
        "forever ^on(java.io.IOException, schedule=jitter(full))" isRefused
            "jitter(FULL) needs delays to spread; add every, exponential, linear, fibonacci or delays"
        "^maxDuration(infinite)" isRefused
            "This policy never ends. Add maxAttempts(n), maxRetries(n), maxDuration(d) or delays(list), or call forever() to retry " +
            "without limit."
        "forever and (^every(1s))" isRefused
            "This policy never ends. Add maxAttempts(n), maxRetries(n), maxDuration(d) or delays(list), or call forever() to retry " +
            "without limit."
        "^every(1s) forever maxAttempts(2)" isRefused "forever() contradicts maxAttempts(2); keep one of them"
    }

    test("jitter is a kind, a factor or a range; a limit says whether it cancels") {
        RetryPolicy.parse("every(1s) jitter(0.5) maxDuration(1m, cancel=false) maxRetryAfter(10s)") shouldBe
            policy {
                every(1.seconds)
                jitter(0.5)
                maxDuration(1.minutes, cancel = false)
                maxRetryAfter(10.seconds)
            }
        RetryPolicy.parse("every(1s) jitter(100ms) maxDuration(1m, cancel)") shouldBe
            policy {
                every(1.seconds)
                jitter(100.milliseconds)
                maxDuration(1.minutes)
            }
        RetryPolicy.parse("uniform(1s, max=3s) forever") shouldBe
            policy {
                uniform(1.seconds, 3.seconds)
                forever()
            }
        "every(1s) ^jitter(1.5) forever" isRefused
            "the factor of jitter must be above 0 and at most 1, but was 1.5; jitter(NONE) switches jitter off"
        "every(1s) ^jitter(NaN) forever" isRefused
            "the factor of jitter must be above 0 and at most 1, but was NaN; jitter(NONE) switches jitter off"
        "every(1s) ^jitter(-1s) forever" isRefused "the range of jitter must be positive, but was -1s; jitter(NONE) switches jitter off"
        "every(1s) jitter(full) ^jitter(0.5) forever" isRefused
            "jitter(0.5) contradicts jitter(FULL), which was set before; keep one of them"
        "^uniform(1s, 2s) jitter(full) forever" isRefused
            "jitter(FULL) contradicts uniform(1s, 2s), whose delays are random; keep one of them"
        "^uniform(2s, 1s) forever" isRefused "max must be at least min (2s), but was 1s"
        "^maxRetryAfter(-1s) forever" isRefused "maxRetryAfter must not be negative, but was -1s"
        "maxRetryAfter(1s) ^maxRetryAfter(2s) forever" isRefused
            "maxRetryAfter(2s) contradicts maxRetryAfter(1s), which was set before; keep one of them"
        "maxDuration(1s, cancel=^soon)" isRefused "expected true or false, but was 'soon'"
    }

    test("code does not parse, and the message names the rule") {
        fun holds(rule: String) = "$rule holds code, which a text cannot represent: build this policy in code"
        "every(1s) ^on(java.io.IOException){…} forever" isRefused holds("on(java.io.IOException){…}")
        "every(1s) ^on(java.io.IOException){ it.fatal } forever" isRefused holds("on(java.io.IOException){…}")
        "^delays{…}" isRefused holds("delays{…}")
        "forever on(java.io.IOException, schedule=^delays{…})" isRefused holds("delays{…}")
        "forever ^failureTester{…}" isRefused holds("failureTester{…}")
    }

    test("endless brackets do not overflow the stack") {
        refused("(".repeat(100_000)) shouldBe (201 to "the brackets are nested too deeply")
        refused("on(a,schedule=".repeat(100_000)).second shouldBe "the brackets are nested too deeply"
    }

    test("any text is a policy or is rejected with a position") {
        fun check(text: String) {
            try {
                RetryPolicy.parse(text)
            } catch (e: RetryPolicyParseException) {
                e.position shouldBeInRange 0..text.length
                e.message!!.lines().size shouldBe 3
            }
        }
        val letters = Arb.of("(),={}` .1sm-evry…\n\t".map { Codepoint(it.code) })
        checkAll(1_000, Arb.string(0..30, letters)) { check(it) }
        checkAll(1_000, anyPolicy(), Arb.int(0..1_000)) { policy, cut ->
            val text = policy.notation()
            val at = cut % (text.length + 1)
            val without = text.removeRange(at, minOf(at + 1, text.length))
            listOf(text.take(at), without, text.take(at) + ")" + text.drop(at)).forAll { check(it) }
        }
    }
})

private object Loads {
    var count = 0
}

private class Loaded : Exception() {
    companion object {
        init {
            Loads.count++
        }
    }
}
