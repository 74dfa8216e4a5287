package dev.reprise.internal.engine

import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.testing.Broken
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What a metric counts: the events by their class and by why there is no further attempt. */
class EventsSpec : FunSpec({
    val told = ArrayList<Pair<String, StopReason?>>()
    val watched =
        retry {
            every(1.minutes)
            maxAttempts(2)
            listener { told += it.javaClass.simpleName to it.stopReason }
        }

    beforeTest { told.clear() }

    test("a run that succeeds, and an attempt that is followed by another, have no stop reason") {
        runTest { watched { if (number == 1) throw Broken("a") } }
        told shouldContainExactly listOf("AttemptFailed" to null, "Succeeded" to null)
    }

    test("the last failed attempt and the end of the run have the same stop reason") {
        runTest { shouldThrow<Broken> { watched { throw Broken("a") } } }
        told shouldContainExactly
            listOf("AttemptFailed" to null, "AttemptFailed" to StopReason.EXHAUSTED, "GaveUp" to StopReason.EXHAUSTED)
    }

    test("all events of a run carry its name and its number, and no other run has that number") {
        val seen = ArrayList<Pair<String?, Long>>()
        val named =
            retry {
                name("prices")
                maxAttempts(2)
                listener { seen += it.name to it.runId }
            }
        repeat(2) { named.callBlocking { if (number == 1) throw Broken("a") } }
        seen.map { it.first } shouldContainExactly List(4) { "prices" }
        seen.map { it.second - seen[0].second } shouldContainExactly listOf(0L, 0L, 1L, 1L)
        named.name shouldBe "prices"
        watched.name shouldBe null
    }

    test("a cancellation is a reason like any other") {
        runTest {
            val run = launch { watched { throw Broken("a") } }
            delay(30.seconds)
            run.cancelAndJoin()
        }
        told shouldContainExactly listOf("AttemptFailed" to null, "Cancelled" to StopReason.CANCELLED)
    }
})
