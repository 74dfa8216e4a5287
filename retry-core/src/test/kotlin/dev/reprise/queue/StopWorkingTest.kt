@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.seconds

private val work = target("work")

class StopWorkingTest : FunSpec({
    test("a queue that has stopped working accepts calls, and runs none") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(work) { it } }
            queue.start(backgroundScope)
            queue.stopWorking()
            val accepted = queue.enqueue(work, "late")
            delay(60.seconds)
            queue.find(accepted.cid)!!.state shouldBe CallState.READY
            queue.invoke(work, "now") shouldBe "now"
            queue.health().isRunning shouldBe false
        }
    }

    test("running handlers get the grace; what is left is released without counting an attempt") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(work) { if (it == "long") awaitCancellation() else it.also { delay(5.seconds) } } }
            queue.start(backgroundScope)
            val (short, long) = queue.enqueueAll(work, listOf("short", "long"))
            runCurrent()
            queue.stopWorking(grace = 10.seconds)
            currentTime shouldBe 10_000
            queue.find(short.cid)!!.state shouldBe CallState.SUCCEEDED
            queue.find(long.cid)!!.state shouldBe CallState.READY
            queue.find(long.cid)!!.attempts shouldBe 0
        }
    }

    test("it works again after another start") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(work) { it } }
            queue.start(backgroundScope)
            queue.stopWorking()
            val accepted = queue.enqueue(work, "late")
            queue.start(backgroundScope)
            accepted.await() shouldBe "late"
            shouldThrow<QueueClosedException> { queue.start(backgroundScope) }.message shouldBe "the queue is started already"
        }
    }

    test("the first attempt of a caller needs a queue that works, if it is to be persisted") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(work) { error("no") } }
            queue.start(backgroundScope)
            queue.stopWorking()
            shouldThrow<QueueClosedException> { queue.invokeOrDefer(work, "now", persistFirst = true) }.message shouldBe
                "the queue is not running: start it first"
            queue.invokeOrDefer(work, "now").shouldBeInstanceOf<InvokeResult.Deferred>()
        }
    }

    test("after a shutdown it neither accepts calls nor starts") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(work) { it } }
            queue.start(backgroundScope)
            queue.stopWorking()
            queue.shutdown()
            shouldThrow<QueueClosedException> { queue.enqueue(work, "late") }
            shouldThrow<QueueClosedException> { queue.start(backgroundScope) }
        }
    }
})
