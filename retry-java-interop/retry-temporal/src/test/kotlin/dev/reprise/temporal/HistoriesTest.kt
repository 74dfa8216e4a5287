package dev.reprise.temporal

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.HostedCalls
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import dev.reprise.temporal.internal.CallRun
import dev.reprise.temporal.internal.CallWorkflow
import dev.reprise.temporal.internal.KeyRun
import dev.reprise.temporal.internal.OrderRun
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.doubles.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.temporal.activity.ActivityInterface
import io.temporal.activity.ActivityOptions
import io.temporal.client.WorkflowOptions
import io.temporal.common.WorkflowExecutionHistory
import io.temporal.testing.TestWorkflowEnvironment
import io.temporal.testing.WorkflowReplayer
import io.temporal.workflow.Workflow
import io.temporal.workflow.WorkflowInterface
import io.temporal.workflow.WorkflowMethod
import java.io.File
import java.io.IOException
import java.time.Duration

private val charge = target("charge")

/** What a program without a library has: a workflow with one activity. */
@WorkflowInterface
interface ByHand {
    @WorkflowMethod
    fun run(request: String): String
}

@ActivityInterface
interface ByHandActivity {
    fun charge(request: String): String
}

class ByHandRun : ByHand {
    private val activity =
        Workflow.newActivityStub(
            ByHandActivity::class.java,
            ActivityOptions.newBuilder().setStartToCloseTimeout(Duration.ofMinutes(15)).build(),
        )

    override fun run(request: String): String = activity.charge(request)
}

/** The handlers of the stories whose histories are recorded. */
private val recorded: RetryQueueBuilder.() -> Unit = {
    handle(charge) { request -> if (attempt < 3 || request == "dead") throw IOException("attempt $attempt") else "charged $request" }
    callback("charged") {}
}

private val FOLDER = File("src/test/resources/histories")

@EnabledIf(InVirtualTime::class)
class HistoriesTest : FunSpec({
    test("a call that succeeds at once records one event more than a workflow that is written by hand") {
        hosted({ handle(charge) { it } }) {
            val handle = queue.enqueue(charge, "42 EUR")
            handle.await() shouldBe "42 EUR"
            val worker = server.newWorker("by-hand")
            worker.registerWorkflowImplementationTypes(ByHandRun::class.java)
            worker.registerActivitiesImplementations(
                object : ByHandActivity {
                    override fun charge(request: String) = request
                },
            )
            server.start()
            val options =
                WorkflowOptions
                    .newBuilder()
                    .setTaskQueue("by-hand")
                    .setWorkflowId("by hand")
                    .build()
            server.workflowClient.newWorkflowStub(ByHand::class.java, options).run("42 EUR") shouldBe "42 EUR"
            val ours = eventsOf(handle.cid).map { it.eventType.name.removePrefix("EVENT_TYPE_") }
            val byHand = eventsOf("by hand").map { it.eventType.name.removePrefix("EVENT_TYPE_") }
            ours - "MARKER_RECORDED" shouldContainExactly byHand
            ours.size.toDouble() / byHand.size shouldBeLessThanOrEqual 1.3
        }
    }

    test("a call continues as new after 500 attempts, with its counters, the state of its policy and its failures") {
        hosted({ handle(charge) { if (call.attempts < 510) throw IOException("attempt ${call.attempts + 1}") else "done at $attempt" } }) {
            val handle = queue.enqueue(charge, "42 EUR") { policy("every(1s) maxAttempts(511)") }
            handle.await() shouldBe "done at 511"
            val call = queue.find(handle.cid)!!
            listOf(call.state, call.attempts, call.failures) shouldBe listOf(CallState.SUCCEEDED, 511, 510)
            queue.errors(handle.cid).map { it.attempt } shouldContainExactly listOf(1) + (412..510)
            val last = eventsOf(handle.cid).first().workflowExecutionStartedEventAttributes
            last.continuedExecutionRunId.isNotEmpty() shouldBe true
        }
    }

    // -Dhistories.update=true records them again, for a change that breaks running calls on purpose.
    if (System.getProperty("histories.update") == "true") {
        test("histories are recorded") {
            FOLDER.mkdirs()
            Host(recorded).use { host ->
                host.startWorker()
                record(host)
            }
        }
    }

    test("recorded histories are continued by a program that decides otherwise") {
        val names = FOLDER.listFiles().orEmpty().map { it.nameWithoutExtension }
        names shouldContainExactlyInAnyOrder listOf("retried", "dead", "cancelled", "ordered", "order", "unique", "key")
        // Without the handlers no attempt would be made: what was recorded counts.
        names.forEach { replay(File(FOLDER, "$it.json").readText()) }
    }

    test("a history that this version would not have written is noticed") {
        val other = File(FOLDER, "retried.json").readText().replace("reprise.Attempt", "reprise.Other")
        shouldThrow<RuntimeException> { replay(other) }
    }
})

private suspend fun record(host: Host) {
    val queue = host.queue
    val retried = queue.enqueue(charge, "retried") { policy("exponential(1s, max=1h) maxAttempts(9)") }
    retried.await()
    val dead =
        queue.enqueue(charge, "dead") {
            policy("every(1h) maxAttempts(3)")
            callback("charged")
        }
    dead.awaitEnd()
    val cancelled = queue.enqueue(charge, "cancelled") { policy("every(1d) maxAttempts(9)") }
    host.awaitCall(cancelled.cid) { it.attempts == 1 && it.state == CallState.READY }
    queue.cancel(cancelled.cid)
    cancelled.awaitEnd()
    val ordered =
        queue.enqueue(charge, "ordered") {
            orderKey = "customer/7"
            policy("every(1s) maxAttempts(9)")
        }
    ordered.await()
    val unique =
        queue.enqueue(charge, "unique") {
            uniqueKey = "order/42"
            policy("every(1s) maxAttempts(9)")
        }
    unique.await()
    val ids =
        mapOf("retried" to retried.cid, "dead" to dead.cid, "cancelled" to cancelled.cid, "ordered" to ordered.cid) +
            mapOf("order" to "o/customer/7", "unique" to unique.cid, "key" to "u/order/42")
    for ((name, id) in ids) {
        runCatching {
            host.server.workflowClient
                .newUntypedWorkflowStub(id)
                .getResult(Void::class.java)
        }
        File(FOLDER, "$name.json").writeText(
            host.server.workflowClient
                .fetchHistory(id)
                .toJson(true),
        )
    }
}

/** Runs the workflow of [history] again, in a program that has no handlers. */
private fun replay(history: String) {
    TestWorkflowEnvironment.newInstance().use { server ->
        val worker = server.newWorker("calls")
        val hosted = HostedCalls(HandlerRegistry.of {})
        worker.registerWorkflowImplementationFactory(CallWorkflow::class.java) { CallRun(hosted, Duration.ofSeconds(20)) }
        worker.registerWorkflowImplementationTypes(OrderRun::class.java, KeyRun::class.java)
        WorkflowReplayer.replayWorkflowExecution(WorkflowExecutionHistory.fromJson(history), worker)
    }
}
