package dev.reprise.benchmarks.temporal

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.model.target
import dev.reprise.temporal.TemporalCallQueue
import dev.reprise.temporal.TemporalWorker
import io.temporal.client.WorkflowOptions
import io.temporal.testing.TestEnvironmentOptions
import io.temporal.testing.TestWorkflowEnvironment
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.util.UUID
import kotlin.time.Duration.Companion.milliseconds

/** Hosted calls and workflows written by hand, on one in-process server in real time. A request is the number of attempts that fail first. */
internal class Contest : AutoCloseable {
    private val server =
        TestWorkflowEnvironment.newInstance(TestEnvironmentOptions.newBuilder().setUseTimeskipping(false).build())
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
    private val charge = target("charge")
    private val queue =
        TemporalCallQueue(
            server.workflowClient,
            "hosted",
            HandlerRegistry.of {
                handle(charge) { request -> if (attempt <= request.toInt()) throw IOException("attempt $attempt") else request }
                policy { every(1.milliseconds).maxAttempts(1_000) }
                lane("default") { concurrency = SLOTS }
            },
        )

    init {
        TemporalWorker(queue).start(scope)
        val byHand = server.newWorker(BY_HAND)
        byHand.registerWorkflowImplementationTypes(ByHandRun::class.java)
        byHand.registerActivitiesImplementations(ByHandActivityRun())
        server.start()
    }

    /** Makes a call, and returns its id. */
    suspend fun hosted(failures: Int): String {
        val handle = queue.enqueue(charge, "$failures")
        check(handle.await() == "$failures")
        return handle.cid
    }

    fun byHand(failures: Int): String {
        val id = "by-hand/${UUID.randomUUID()}"
        val options =
            WorkflowOptions
                .newBuilder()
                .setTaskQueue(BY_HAND)
                .setWorkflowId(id)
                .build()
        check(server.workflowClient.newWorkflowStub(ByHand::class.java, options).run("$failures") == "$failures")
        return id
    }

    /** How many events the workflow [id] has recorded, by type. */
    fun eventsOf(id: String): Map<String, Int> =
        server.workflowClient
            .fetchHistory(id)
            .history.eventsList
            .groupingBy { it.eventType.name.removePrefix("EVENT_TYPE_") }
            .eachCount()

    /** The milliseconds for each of [calls] calls by [call], as many at a time as [inFlight]. */
    fun time(
        calls: Int,
        inFlight: Int,
        call: suspend () -> Unit,
    ): Double {
        val begin = System.nanoTime()
        runBlocking(Dispatchers.IO) {
            coroutineScope { List(inFlight) { async { repeat(calls / inFlight) { call() } } }.awaitAll() }
        }
        return (System.nanoTime() - begin) / 1e6 / calls
    }

    override fun close() {
        scope.cancel()
        server.close()
    }

    private companion object {
        const val BY_HAND = "by-hand"
        const val SLOTS = 200
    }
}
