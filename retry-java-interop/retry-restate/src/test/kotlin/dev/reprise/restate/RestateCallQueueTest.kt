package dev.reprise.restate

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.suite.CallQueueHost
import dev.reprise.queue.suite.callQueueSuite
import io.kotest.core.spec.style.FunSpec

/** The suite of all queues, on one real server; each story has services of its own. */
private class RestateHost(
    private val server: RestateServer,
) : CallQueueHost {
    override val excused =
        mapOf(
            "a lane and a handler run no more calls at a time than their limits allow" to "a handler has no limit but that of its lane",
            "no call of a paused lane starts until it is resumed, and other lanes run" to PAUSE,
            "a call that runs when its lane is paused ends as usual" to PAUSE,
            "a unique key that is set for a time outlives a call that is not kept" to NOT_KEPT,
            "calls that succeeded are counted and not kept if their handler says so; dead ones are kept" to NOT_KEPT,
            "requests of calls that succeeded are not kept if their handler says so" to NOT_KEPT,
        )

    override suspend fun run(
        registry: HandlerRegistry,
        story: suspend (CallQueue) -> Unit,
    ): Unit = server.hosted(registry) { story(queue) }

    private companion object {
        const val PAUSE = "pause is refused: the server sends what is due"
        const val NOT_KEPT = "the worker decides how long calls are kept, and keeps them as a whole"
    }
}

class RestateCallQueueTest : FunSpec({
    val server = RestateServer()
    beforeSpec { server.start() }
    afterSpec { server.close() }

    include("Restate:", callQueueSuite(RestateHost(server)))
})
