package dev.reprise.internal.policy

import dev.reprise.RetryPolicyBuilder
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RestoredFailure
import dev.reprise.policy.StopReason
import dev.reprise.testing.BrokenException
import dev.reprise.testing.CircularException
import dev.reprise.testing.FatalError
import dev.reprise.testing.FlakyException
import dev.reprise.testing.HintedException
import dev.reprise.testing.Run
import dev.reprise.testing.ThrottledException
import dev.reprise.testing.WrapperException
import dev.reprise.testing.anyPolicy
import dev.reprise.testing.gaveUp
import dev.reprise.testing.policy
import dev.reprise.testing.retries
import dev.reprise.testing.retryAfter
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.of
import io.kotest.property.checkAll
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.FileNotFoundException
import java.io.IOException
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.nio.channels.ClosedByInterruptException
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletionException
import java.util.concurrent.ExecutionException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private class UnreadableException : Exception() {
    override val message: String get() = error("not now")
    override val cause: Throwable get() = error("nor this")
}

private val timeout: TimeoutCancellationException =
    runBlocking { shouldThrow<TimeoutCancellationException> { withTimeout(1.milliseconds) { kotlinx.coroutines.awaitCancellation() } } }

/** Failures of all kinds that rules tell apart. */
private val failures =
    listOf(
        FlakyException(),
        ThrottledException(),
        BrokenException(),
        IOException("io"),
        FileNotFoundException("file"),
        RuntimeException("plain"),
        FatalError(),
        FatalError(IOException("io")),
        WrapperException(IOException("io")),
        WrapperException(FatalError()),
        CompletionException(FlakyException()),
        ExecutionException(CompletionException(IOException("io"))),
        CompletionException(null),
        InterruptedException("stop"),
        WrapperException(InterruptedException("stop")),
        ClosedByInterruptException(),
        ExecutionException(InterruptedException("elsewhere")),
        CancellationException("cancelled"),
        timeout,
        HintedException(true, 7.seconds),
        HintedException(false),
        HintedException(null, 9.seconds),
        CircularException(),
    )

private fun restored(failure: Throwable) = RestoredFailure(FailureDescription.of(failure))

private fun limited(settings: RetryPolicyBuilder.() -> Any?) =
    policy {
        settings()
        maxAttempts(100)
    }

/** Failures that were stored, or come from another process, are decided like the originals. */
class RestoredFailureTest : FunSpec({
    test("every rule decides about a restored failure as about the original") {
        val rules =
            listOf<RetryPolicyBuilder.() -> Any?>(
                { },
                { on<IOException>() },
                { on<FlakyException>(schedule = { every(3.seconds) }) },
                { on<Exception>() },
                { on<Throwable>() },
                { on<RuntimeException>() },
                { on<Error>() },
                { on<FatalError>(inCauses = true) },
                { on<IOException>(inCauses = true) },
                { on<CancellationException>() },
                { on<InterruptedException>(inCauses = true) },
                { unless<IOException>() },
                { unless<IOException>(inCauses = true) },
                { unless<FlakyException>() },
                { unless<RuntimeException>() },
                { on<CompletionException>() },
                { maxRetryAfter(8.seconds) },
            )
        for ((index, rule) in rules.withIndex()) {
            for (failure in failures) {
                val policy = limited(rule)
                withClue("rule $index, $failure") { Run(policy).fail(restored(failure)) shouldBe Run(policy).fail(failure) }
                withClue("rule $index, $failure, again") {
                    Run(policy).fail(restored(restored(failure))) shouldBe Run(policy).fail(failure)
                }
            }
        }
    }

    test("any policy that is data decides about a restored failure as about the original") {
        checkAll(300, anyPolicy(), Arb.of(failures)) { policy, failure ->
            Run(policy).fail(restored(failure)) shouldBe Run(policy).fail(failure)
        }
    }

    test("a predicate is not called: on assumes true, unless assumes false; a rule that names RestoredFailure is called") {
        val stored = restored(IOException("io"))
        limited { on<IOException> { error("called") } }.retries(stored) shouldBe true
        limited { on<FlakyException> { error("called") } }.retries(stored) shouldBe false
        limited { unless<IOException> { error("called") } }.retries(stored) shouldBe true
        limited { unless<IOException>() }.retries(stored) shouldBe false
        limited { on<RestoredFailure> { it.description.type == "java.io.IOException" } }.retries(stored) shouldBe true
        limited { on<RestoredFailure> { it.description.type == "java.io.IOException" } }.retries(restored(FlakyException())) shouldBe false
    }

    test("testers and hints get the restored failure") {
        val stored = restored(CompletionException(IOException("io")))
        val seen = ArrayList<Throwable>()
        val policy =
            limited {
                failureTester { { null.also { _ -> seen += it } } }
                retryAfter { 4.seconds.also { _ -> seen += it } }
            }
        Run(policy).fail(stored) shouldBe retryAfter(4.seconds)
        seen shouldContainExactly List(2) { stored.cause!! }
    }

    test("a description has class, superclasses, message, causes and what the failure answers about itself") {
        val description = FailureDescription.of(WrapperException(HintedException(true, 7.seconds)))
        description.types shouldContainExactly
            listOf("dev.reprise.testing.WrapperException", "java.lang.RuntimeException", "java.lang.Exception", "java.lang.Throwable")
        description.type shouldBe "dev.reprise.testing.WrapperException"
        description.isRetryable shouldBe null
        val cause = checkNotNull(description.cause)
        cause.message shouldBe "hinted"
        cause.isRetryable shouldBe true
        cause.retryAfter shouldBe 7.seconds
        cause.cause shouldBe null
        FailureDescription.of(restored(WrapperException(HintedException(true, 7.seconds)))) shouldBe description
        "${restored(IOException("io"))}" shouldBe "java.io.IOException: io (restored)"
        restored(IOException("io")).message shouldBe "io"
    }

    test("what a failure throws where it is read does not matter, and a chain without end has one") {
        val description = FailureDescription.of(UnreadableException())
        description.message shouldBe "its message cannot be read: java.lang.IllegalStateException"
        description.cause shouldBe null
        generateSequence(FailureDescription.of(CircularException())) { it.cause }.count() shouldBe 21
    }

    test("the attempt timeout of a run is a failure like any other when it is restored") {
        val stored = restored(AttemptTimeoutException(1, 2.seconds).also { it.isOwn = false })
        limited { on<IOException>() }.retries(stored) shouldBe false
        limited { on<AttemptTimeoutException>() }.retries(stored) shouldBe true
    }

    test("a description of a class name alone is an exception; one of an error is not") {
        val named = FailureDescription.of(listOf("com.acme.Declined"))
        val session = limited { every(1.seconds) }.session()
        session.decide(1, Duration.ZERO, named) shouldBe retryAfter(1.seconds)
        limited { on<Throwable>() }.retries(RestoredFailure(named)) shouldBe true
        limited { on<RuntimeException>() }.retries(RestoredFailure(named)) shouldBe false
        limited { }.retries(RestoredFailure(FailureDescription.of(listOf("com.acme.Fatal", "java.lang.Error")))) shouldBe false
        val once = policy { maxAttempts(1) }
        once.session().decide(1, Duration.ZERO, named) shouldBe gaveUp(StopReason.EXHAUSTED)
        shouldThrow<IllegalArgumentException> { FailureDescription.of(emptyList()) }.message shouldBe
            "types must not be empty; it begins with the name of the class"
    }

    test("a restored failure serialises") {
        val stored = restored(WrapperException(HintedException(true, 7.seconds)))
        val bytes = ByteArrayOutputStream().also { ObjectOutputStream(it).writeObject(stored) }.toByteArray()
        val copy = ObjectInputStream(ByteArrayInputStream(bytes)).readObject() as RestoredFailure
        copy.description shouldBe stored.description
    }
})
