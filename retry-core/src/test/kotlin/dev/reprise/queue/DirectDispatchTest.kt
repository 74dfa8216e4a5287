@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.CallCounters
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A queue that has started and is idle, the operations on its store, and the calls it has started. */
private class IdleQueue(
    private val scope: TestScope,
    concurrency: Int = 10,
) {
    val store = FaultyStore(scope.memory())
    val asked = ArrayList<String>()
    val begun = ArrayList<String>()
    val queue =
        RetryQueue.on(store) {
            handle(charge) {
                begun += "$it at ${scope.currentTime}"
                if (it.startsWith("long")) delay(1.seconds)
                if (it == "endless") awaitCancellation()
                "done"
            }
            lane("default") { this.concurrency = concurrency }
        }

    suspend fun start(): IdleQueue =
        apply {
            queue.start(scope.backgroundScope)
            delay(1.milliseconds)
            store.before = { asked += it }
        }

    /** Makes the next `enqueue` fail with [failure] although it took effect. */
    fun loseAnswer(failure: () -> Nothing) {
        store.after = {
            if (it == "enqueue") {
                store.after = {}
                failure()
            }
        }
    }
}

class DirectDispatchTest : FunSpec({
    fun story(
        concurrency: Int = 10,
        tell: suspend IdleQueue.(TestScope) -> Unit,
    ) = runTest { IdleQueue(this, concurrency).start().tell(this) }

    test("a call for which there is capacity starts as it is enqueued, without a claim") {
        story {
            val handle = queue.enqueue(charge, "a")
            delay(1.milliseconds)
            begun shouldContainExactly listOf("a at 1")
            asked shouldContainExactly listOf("enqueue", "settle")
            queue.find(handle.cid)!!.run { state to counters } shouldBe
                (CallState.SUCCEEDED to CallCounters(claims = 1, attempts = 1))
        }
    }

    test("a call for which there is no capacity waits in the store") {
        story(concurrency = 2) {
            val handles = queue.enqueueAll(charge, listOf("long a", "long b", "long c", "d"))
            delay(1.milliseconds)
            handles.map { queue.find(it.cid)!!.state } shouldContainExactly
                listOf(CallState.RUNNING, CallState.RUNNING, CallState.READY, CallState.READY)
            handles.forEach { it.await() }
            begun shouldContainExactly listOf("long a at 1", "long b at 1", "long c at 1001", "d at 1001")
        }
    }

    test("a call does not overtake others that have been due for a while, though there is capacity") {
        story {
            store.before = { if (it == "claim") away() }
            queue.enqueue(charge, "a") { delay = 100.milliseconds }
            delay(500.milliseconds)
            queue.enqueue(charge, "b")
            delay(1.milliseconds)
            begun.shouldBeEmpty()
            store.before = {}
            delay(5.seconds)
            begun.map { it.substringBefore(' ') } shouldContainExactly listOf("a", "b")
        }
    }

    test("a call that is due later, or takes a key, is claimed as usual") {
        story {
            queue.enqueue(charge, "late") { delay = 1.seconds }
            queue.enqueue(charge, "unique") { uniqueKey = "u" }
            queue.enqueue(charge, "ordered") { orderKey = "o" }
            delay(2.seconds)
            begun shouldContainExactly listOf("unique at 1", "ordered at 1", "late at 1001")
        }
    }

    test("a paused lane starts nothing") {
        story {
            queue.pause("default")
            val handle = queue.enqueue(charge, "a")
            delay(1.seconds)
            queue.find(handle.cid)!!.state shouldBe CallState.READY
            queue.resume("default")
            handle.await() shouldBe "done"
            begun shouldContainExactly listOf("a at 1001")
        }
    }

    test("if the response to an enqueue is lost, the call is released and runs once") {
        story {
            loseAnswer(::away)
            shouldThrow<StoreUnavailableException> { queue.enqueue(charge, "a") }
            delay(1.seconds)
            begun.map { it.substringBefore(' ') } shouldContainExactly listOf("a")
            queue.counts() shouldContainExactly listOf(CallCount("charge", CallState.SUCCEEDED, 1))
            queue.health().inFlight shouldBe 0
        }
    }

    for (persistFirst in listOf(false, true)) {
        test(
            "a call whose caller is cancelled during the write runs anyway${if (persistFirst) ", also if he was to make it" else ""}",
        ) {
            story { scope ->
                val caller =
                    scope.launch {
                        loseAnswer { throw CancellationException("gone").also { cancel() } }
                        if (persistFirst) queue.invokeOrDefer(charge, "a", persistFirst = true) else queue.enqueue(charge, "a")
                    }
                caller.join()
                delay(1.seconds)
                begun.map { it.substringBefore(' ') } shouldContainExactly listOf("a")
                queue.health().inFlight shouldBe 0
            }
        }
    }

    test("calls that are enqueued while the queue stops are left to other workers") {
        story { scope ->
            store.after = { if (it == "enqueue") scope.launch { queue.shutdown(Duration.ZERO) } }
            queue.enqueue(charge, "endless")
            delay(1.seconds)
            queue.counts() shouldContainExactly listOf(CallCount("charge", CallState.READY, 1))
        }
    }

    test("a call does not start on a lease that may expire before it has ended") {
        story {
            delay(14.9.seconds)
            queue.enqueue(charge, "long a").await()
            begun shouldContainExactly listOf("long a at 14901")
            queue.health().staleResults shouldBe 0
        }
    }
})
