package dev.reprise.temporal

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.Target
import dev.reprise.queue.suite.CallQueueHost
import dev.reprise.queue.suite.callQueueSuite
import dev.reprise.temporal.internal.CallWorkflow
import io.kotest.core.spec.style.FunSpec
import io.temporal.api.workflowservice.v1.ListClosedWorkflowExecutionsRequest
import io.temporal.api.workflowservice.v1.ListOpenWorkflowExecutionsRequest

/** The suite of all queues, on the in-process server in real time. */
private object TemporalHost : CallQueueHost {
    private const val NOT_KEPT = "the namespace decides how long workflows are kept, and a history is kept as a whole"
    private const val DISCARD = "discard is refused: the retention of the namespace deletes dead calls"
    private const val PAUSE = "pause is refused: a task queue has no pause that lasts"

    override val excused =
        mapOf(
            "no requests make no calls, and of requests with an invalid one none is accepted" to
                "enqueueAll of several requests is refused",
            "of calls that are accepted together the first has a unique key" to "enqueueAll of several requests is refused",
            "calls are counted by handler and state" to "counts is refused: the server counts workflows",
            "of calls that are due, those of higher priority start first" to "the in-process server does not know priorities",
            "a lane and a handler run no more calls at a time than their limits allow" to "a handler has no limit but that of its lane",
            "a dry run of a replay and of a discard returns what they would change, and changes nothing" to DISCARD,
            "a dead call that is discarded is unknown, with all that was recorded of it" to DISCARD,
            "a unique key that is set for a time stays taken however its call has ended" to DISCARD,
            "a dead call that is discarded blocks its order no more" to DISCARD,
            "an order key is live while a call of it has not ended, or a dead one blocks it" to DISCARD,
            "a step is enqueued once while its call is known, also if the step is dead and discarded" to DISCARD,
            "a unique key that is set for a time outlives a call that is not kept" to NOT_KEPT,
            "calls that succeeded are counted and not kept if their handler says so; dead ones are kept" to NOT_KEPT,
            "requests of calls that succeeded are not kept if their handler says so" to NOT_KEPT,
            "no call of a paused lane starts until it is resumed, and other lanes run" to PAUSE,
            "a call that runs when its lane is paused ends as usual" to PAUSE,
        )

    override suspend fun run(
        registry: HandlerRegistry,
        story: suspend (CallQueue) -> Unit,
    ): Unit =
        Host(registry, skipsTime = false).use { host ->
            host.startWorker()
            story(OneByOne(host))
        }
}

/** The queue of [host] for stories that are not about what it refuses: calls are accepted one by one, and counted on the server. */
private class OneByOne(
    private val host: Host,
) : CallQueue by host.queue {
    override suspend fun <Q, R> enqueueAll(
        target: Target<Q, R>,
        requests: List<Q>,
        block: CallOptions.(Q) -> Unit,
    ): List<CallHandle<R>> = requests.map { request -> host.queue.enqueue(target, request) { block(request) } }

    override suspend fun counts(): List<CallCount> {
        val server = host.server.workflowServiceStubs.blockingStub()
        val here = host.server.namespace
        val open =
            server
                .listOpenWorkflowExecutions(
                    ListOpenWorkflowExecutionsRequest.newBuilder().setNamespace(here).build(),
                ).executionsList
        val ended = ListClosedWorkflowExecutionsRequest.newBuilder().setNamespace(here).build()
        val closed = server.listClosedWorkflowExecutions(ended).executionsList
        val cids = (open + closed).filter { it.type.name == CallWorkflow.TYPE }.map { it.execution.workflowId }
        val calls = cids.distinct().mapNotNull { host.queue.find(it) }
        return calls.groupBy { it.handler to it.state }.map { (kind, of) -> CallCount.of(kind.first, kind.second, of.size.toLong()) }
    }
}

class CallQueueTest : FunSpec({
    include("Temporal:", callQueueSuite(TemporalHost))
})
