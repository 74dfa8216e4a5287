package dev.reprise.queue

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.FailureText
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldHaveMaxLength
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import java.net.ConnectException
import kotlin.time.Duration.Companion.seconds

private fun deep(level: Int): Nothing = if (level == 0) error("the key is 4711") else deep(level - 1)

/** The error that is stored when [failure] is thrown by a handler of a queue with these settings. */
private fun stored(
    settings: RetryQueueBuilder.() -> Unit = {},
    failure: () -> Nothing,
): AttemptError {
    lateinit var error: AttemptError
    runTest {
        val queue =
            RetryQueue.on(memory()) {
                handle(charge, version = 3) {
                    delay(2.seconds)
                    failure()
                }
                policy { maxAttempts(1) }
                settings()
            }
        queue.start(backgroundScope)
        val handle = queue.enqueue(charge, "42")
        handle.awaitEnd()
        error = queue.errors(handle.cid).single()
    }
    return error
}

class FailureTextTest : FunSpec({
    test("of a failure its causes are stored, and an excerpt of its stack trace") {
        val error = stored { throw IllegalStateException("cannot charge", ConnectException("refused\nby 10.0.0.1")) }
        error.type shouldBe "java.lang.IllegalStateException"
        error.message shouldBe "cannot charge"
        error.causes shouldContainExactly listOf("java.net.ConnectException: refused by 10.0.0.1")
        "${error.toFailure().cause}" shouldBe "java.net.ConnectException: refused by 10.0.0.1 (restored)"
        error.elapsed shouldBe 2.seconds
        error.handlerVersion shouldBe 3
        val trace = error.trace.shouldNotBeNull()
        trace shouldContain "at dev.reprise.queue.FailureTextTest"
        trace shouldContain "Caused by: java.net.ConnectException"
        trace shouldNotContain "refused"
    }

    test("a deep trace, a long message and a circle of causes are cut") {
        val circle = IllegalStateException("a".repeat(10_000))
        circle.initCause(IllegalStateException("b".repeat(10_000), circle))
        val error = stored { throw circle }
        error.message.length shouldBe 4000
        error.causes.size shouldBe 8
        error.causes.forEach { it shouldHaveMaxLength 500 }
        val trace = stored { deep(5_000) }.trace.shouldNotBeNull()
        trace shouldHaveMaxLength 8192
        trace.lines().count { it.startsWith("\tat ") } shouldBe 40
        trace shouldContain "more"
    }

    test("a trace is cut to 8 KiB, whatever its characters are") {
        val error = stored({ failureText { FailureText("", "a" + "ä".repeat(8_000)) } }) { error("x") }
        error.trace shouldBe "a" + "ä".repeat(4_095)
    }

    test("the queue decides what is stored of messages and traces, also of causes") {
        val error = stored({ failureText(FailureText::typeOnly) }) { throw IllegalStateException("4711", ConnectException("4712")) }
        error.message shouldBe ""
        error.causes shouldContainExactly listOf("java.net.ConnectException: ")
        error.trace.shouldBeNull()
        val masked = stored({ failureText { FailureText("****", "somewhere") } }) { error("4711") }
        masked.message shouldBe "****"
        masked.trace shouldBe "somewhere"
    }

    test("a message that cannot be judged is withheld") {
        val error = stored({ failureText { error("4712") } }) { error("4711") }
        error.message shouldBe "its message was withheld: java.lang.IllegalStateException"
        error.trace.shouldBeNull()
    }

    test("a failure that cannot be read is stored by its class") {
        class Hostile : RuntimeException() {
            override val message: String get() = error("no")
            override val cause: Throwable get() = error("no")
        }
        stored { throw Hostile() }.message shouldContain "its message cannot be read"
    }
})
