package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.retry
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.failure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.util.concurrent.CompletableFuture

/** What a layer between two runs does. */
private inline fun <T> layer(body: () -> T): T =
    try {
        body()
    } catch (e: IOException) {
        throw IllegalStateException("dao", e)
    }

private fun three(configure: RetryBuilder.() -> RetryBuilder = { this }) =
    retry {
        maxAttempts(3)
        configure()
    }

/** A watched run counts the calls of all runs inside it, a plain run its own attempts: never the calls of a run that has nothing to do with it. */
class NestedCallsSpec : FunSpec({
    val plain = three()
    val watched = three { listener {} }

    test("a watched run counts the calls of plain runs inside, though a layer wraps their failures: suspending") {
        runTest {
            shouldThrow<IllegalStateException> {
                watched { layer { plain { layer { plain { throw IOException("x") } } } } }
            }.retryReport!!.calls shouldBe 27
        }
    }

    test("a watched run counts the calls of plain runs inside, though a layer wraps their failures: blocking") {
        shouldThrow<IllegalStateException> {
            watched.callBlocking { layer { plain.callBlocking { throw IOException("x") } } }
        }.retryReport!!.calls shouldBe 9
    }

    test("a watched run counts the calls of plain runs inside, though a layer wraps their failures: future") {
        val future = watched.supplyAsync<Unit>({ it.run() }) { layer { plain.callBlocking { throw IOException("x") } } }
        future.failure()!!.retryReport!!.calls shouldBe 9
    }

    test("a watched run counts the retries of runs inside that succeed") {
        shouldThrow<Broken> {
            watched.callBlocking {
                plain.callBlocking { if (number < 3) throw IOException("x") }
                throw Broken("outer")
            }
        }.retryReport!!.calls shouldBe 9
    }

    test("a plain run counts its own attempts") {
        shouldThrow<Broken> { plain.callBlocking { plain.callBlocking { throw Broken("a") } } }.retryReport!!.calls shouldBe 3
    }

    test("a run that waits for another run's failure does not count that run's calls") {
        val shared = CompletableFuture<Unit>()
        val failure = Broken("shared")
        val waiting = retry { maxAttempts(1) }.callAsync { shared }
        shouldThrow<Broken> { retry { maxAttempts(50) }.callBlocking { throw failure } }
        shared.completeExceptionally(failure)
        waiting.failure()!!.retryReport!!.calls shouldBe 1
    }
})
