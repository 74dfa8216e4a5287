package dev.reprise.temporal

import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.Diagnosis.Reason
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.TransactionalCallQueue
import dev.reprise.queue.model.UnknownCallException
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import java.util.concurrent.ExecutionException

private val charge = target("charge")

class RefusalsTest : FunSpec({
    test("what Temporal cannot do is refused, and the message names the way round") {
        hosted({ handle(charge) { it } }) {
            val refused: List<suspend () -> Any?> =
                listOf(
                    { queue.enqueueAll(charge, listOf("a", "b")) },
                    { queue.counts() },
                    { queue.discard { true } },
                    { queue.pause("default") },
                    { queue.resume("default") },
                )
            refused.map { shouldThrow<UnsupportedOperationException> { it() }.message!!.substringBefore(':') } shouldContainExactly
                listOf(
                    "Temporal accepts calls one by one, and these 2 are to be accepted all or none",
                    "Temporal counts workflows, not calls by handler",
                    "the retention of the namespace deletes dead calls",
                    "a task queue has no pause that lasts",
                    "a task queue has no pause that lasts",
                )
            ((queue as CallQueue) is TransactionalCallQueue) shouldBe false
        }
    }

    test("a call that is not there is unknown") {
        hosted({ handle(charge) { it } }) {
            queue.find("no such call") shouldBe null
            queue.errors("no such call") shouldBe emptyList()
            queue.why("no such call").reason shouldBe Reason.UNKNOWN
            shouldThrow<UnknownCallException> { queue.awaitEnd("no such call") }
        }
    }

    test("a handler with a concurrency of its own is refused: Temporal limits task queues") {
        Host { handle(charge, concurrency = 2) { it } }.use { host ->
            shouldThrow<IllegalArgumentException> { TemporalWorker(host.queue) }.message shouldBe
                "the handler 'charge' has a concurrency of its own, and Temporal limits task queues: give it a lane of that concurrency"
        }
    }

    test("a queue that is closed accepts nothing and completes the futures that wait") {
        Host { handle(charge) { it } }.use { host ->
            val waiting = host.queue.enqueue(charge, "42 EUR").resultAsync()
            host.queue.close()
            shouldThrow<ExecutionException> { waiting.get() }.cause!!::class shouldBe QueueClosedException::class
            shouldThrow<QueueClosedException> { host.queue.enqueue(charge, "43 EUR") }
        }
    }
})
