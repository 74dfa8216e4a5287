package dev.reprise.internal.engine

import dev.reprise.Retry
import dev.reprise.RetryBuilder
import dev.reprise.retry
import dev.reprise.run.RetryOutcome
import dev.reprise.run.RetryReport
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.failure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.test.runTest
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.lang.reflect.InvocationTargetException
import java.util.concurrent.CompletionException
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/** Ends a run of each kind with [body] and returns how; the suspending run is the plain one. */
private val runners: Map<String, (Retry, () -> Any?) -> Any?> =
    mapOf(
        "suspend" to { retry, body -> now { retry.invoke { body() } } },
        "outcome" to { retry, body -> now { retry.outcome { body() }.getOrThrow() } },
        "blocking" to { retry, body -> retry.callBlocking { body() } },
        "future" to { retry, body ->
            val future = retry.supplyAsync({ it.run() }) { body() }
            future.orTimeout(20, TimeUnit.SECONDS)
            future.failure()?.let { throw it }
            future.join()
        },
    )

private fun now(block: suspend () -> Any?): Any? {
    var result: Result<Any?> = Result.success(null)
    runTest { result = runCatching { block() } }
    return result.getOrThrow()
}

private fun copyOf(failure: Throwable): Throwable {
    val bytes = ByteArrayOutputStream()
    ObjectOutputStream(bytes).use { it.writeObject(failure) }
    return ObjectInputStream(ByteArrayInputStream(bytes.toByteArray())).use { it.readObject() as Throwable }
}

/** An exception whose message lists its suppressed ones. */
private class Batch(
    private val text: String,
) : RuntimeException() {
    override val message: String get() = text + suppressed.joinToString("") { "; also: ${it.message}" }
}

private class Unprintable : IOException("unprintable") {
    override fun toString(): String = error("toString")

    override val cause: Throwable get() = error("cause")
}

private class Opaque

/** Runs [block] while the log backend throws. */
private fun withBrokenLog(block: () -> Unit) {
    val logger = Logger.getLogger("dev.reprise")
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord): Unit = throw IllegalStateException("the log is broken")

            override fun flush() = Unit

            override fun close() = Unit
        }
    logger.useParentHandlers = false
    logger.addHandler(handler)
    try {
        block()
    } finally {
        logger.removeHandler(handler)
        logger.useParentHandlers = true
    }
}

/** A report is attached to the user's exception, and what a user's object throws never changes how a run ends. */
class HostileObjectsSpec : FunSpec({
    val hostile: Map<String, RetryBuilder.() -> RetryBuilder> =
        mapOf(
            "a listener that throws" to { listener { throw Broken("listener") } },
            "a time source that throws" to {
                listener {}
                val broken =
                    object : TimeSource {
                        override fun markNow() =
                            object : TimeMark {
                                override fun elapsedNow(): Duration = error("the clock is broken")
                            }
                    }
                testing { timeSource(broken) }
            },
        )
    for ((what, configure) in hostile) {
        for ((name, run) in runners) {
            test("$what, and a log that throws as well: a run ends as its body does: $name") {
                val retry =
                    retry {
                        maxAttempts(2)
                        configure()
                    }
                withBrokenLog {
                    run(retry) { "fine" } shouldBe "fine"
                    shouldThrow<Broken> { run(retry) { throw Broken("a") } }.message shouldBe "a"
                }
            }
        }
    }

    for ((name, run) in runners) {
        test("a failure with a report serialises; its report keeps text and numbers: $name") {
            val failure =
                shouldThrow<IOException> {
                    run(retry { maxAttempts(2) }) {
                        throw IOException("refused").also { it.addSuppressed(Broken("closing")) }
                    }
                }
            val copy = copyOf(failure)
            copy.message shouldBe "refused"
            copy.suppressed.map { it.javaClass.simpleName } shouldContainExactly listOf("Broken", "RetryReport")
            val report = copy.retryReport!!
            report.attempts shouldBe 2
            report.message shouldBe failure.retryReport!!.message
            report.firstFailure.shouldBeNull()
            report.recentFailures.isEmpty() shouldBe true
        }

        test("a failure of which an earlier one cannot be serialised serialises: $name") {
            var calls = 0
            val failure =
                shouldThrow<IOException> {
                    run(retry { maxAttempts(2) }) {
                        throw if (++calls == 1) {
                            object : IOException("first") {
                                @Suppress("unused")
                                val opaque = Opaque()
                            }
                        } else {
                            IOException("second")
                        }
                    }
                }
            copyOf(failure).message shouldBe "second"
        }

        test("a report does not refer to the failure that carries it: $name") {
            val failure = Batch("two of five rows failed")
            shouldThrow<Batch> { run(retry { maxAttempts(2) }) { throw failure } } shouldBeSameInstanceAs failure
            failure.message shouldContain "two of five rows failed; also: 2 attempts in "
            failure.stackTraceToString() shouldContain "RetryReport: 2 attempts"
            val carried = failure.suppressed.single().shouldBeInstanceOf<RetryReport>()
            carried.recentFailures.isEmpty() shouldBe true
            carried.firstFailure.shouldBeNull()
            // The caller reads the whole report from the failure that it caught.
            failure.retryReport!!.recentFailures shouldContainExactly listOf(failure, failure)
            failure.retryReport!!.firstFailure shouldBeSameInstanceAs failure
        }

        test("a shared failure does not grow, however many runs throw it: $name") {
            val down = Batch("down")
            val retry =
                retry {
                    maxAttempts(2)
                    on<Batch> { throw Broken("the rule") }
                }
            repeat(100) { shouldThrow<Batch> { run(retry) { throw down } } }
            down.suppressed.map { it.javaClass.simpleName } shouldContainExactly listOf("Broken", "RetryReport")
            down.message.length shouldBeLessThan 2_000
        }

        test("a failure whose toString and cause throw is thrown unchanged, and its report has a text: $name") {
            val failure = Unprintable()
            shouldThrow<Unprintable> { run(retry { maxAttempts(2) }) { throw failure } } shouldBeSameInstanceAs failure
            failure.suppressed
                .filterIsInstance<RetryReport>()
                .single()
                .message shouldContain "its toString threw"
        }

        test("a rejected result that cannot be printed or serialised is left out of the copy: $name") {
            val retry =
                retry {
                    maxAttempts(2)
                    onResult<Opaque> { true }
                }
            val failure = shouldThrow<RuntimeException> { run(retry) { Opaque() } }
            copyOf(failure).message shouldBe failure.message
        }
    }

    test("the report is found inside the wrappers of futures and reflection") {
        val failure = shouldThrow<Broken> { retry { maxAttempts(2) }.callBlocking { throw Broken("a") } }
        val envelopes =
            listOf(ExecutionException(failure), CompletionException(failure), InvocationTargetException(ExecutionException(failure)))
        envelopes.map { it.retryReport!!.attempts } shouldContainExactly listOf(2, 2, 2)
        RetryReport.of(envelopes.first())!!.recentFailures.last() shouldBeSameInstanceAs failure
        RuntimeException("not an envelope", failure).retryReport.shouldBeNull()
    }

    test("the report of an outcome is whole, and so is the one in an event") {
        runTest {
            val failure = Broken("a")
            val outcome = retry { maxAttempts(1) }.outcome { throw failure }
            outcome.shouldBeInstanceOf<RetryOutcome.Failure>().report.recentFailures shouldContainExactly listOf(failure)
        }
    }

    test("a duration is a java.time.Duration for Java") {
        val failure =
            shouldThrow<Broken> {
                retry {
                    maxAttempts(2)
                    listener { it.getElapsed().isNegative shouldBe false }
                }.callBlocking {
                    getRemaining().shouldBeNull()
                    getElapsed().isNegative shouldBe false
                    throw Broken("a")
                }
            }
        failure.retryReport!!
            .getElapsed()
            .seconds.seconds
            .isNegative() shouldBe false
    }
})
