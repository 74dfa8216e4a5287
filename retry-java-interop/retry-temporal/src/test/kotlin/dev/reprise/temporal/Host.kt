package dev.reprise.temporal

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.Call
import io.temporal.api.history.v1.HistoryEvent
import io.temporal.serviceclient.WorkflowServiceStubsOptions
import io.temporal.testing.TestEnvironmentOptions
import io.temporal.testing.TestWorkflowEnvironment
import io.temporal.worker.WorkerFactoryOptions
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import java.time.Clock
import java.time.Duration
import java.time.Instant
import java.time.ZoneId
import java.time.ZoneOffset
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The official server in this process, which skips the time in which nothing runs; a queue on it and a worker. */
internal class Host(
    registry: HandlerRegistry,
    skipsTime: Boolean = true,
) : AutoCloseable {
    constructor(settings: RetryQueueBuilder.() -> Unit) : this(HandlerRegistry.of(settings))

    val server: TestWorkflowEnvironment = TestWorkflowEnvironment.newInstance(options(skipsTime))
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
    private val workers = ArrayList<TemporalWorker>()
    private val begin = server.currentTimeMillis()
    private val clock =
        object : Clock() {
            override fun getZone() = ZoneOffset.UTC

            override fun withZone(zone: ZoneId) = this

            override fun instant(): Instant = Instant.ofEpochMilli(server.currentTimeMillis())
        }
    val queue = TemporalCallQueue(server.workflowClient, "calls", registry, clock)

    fun startWorker(options: WorkerFactoryOptions = WorkerFactoryOptions.getDefaultInstance()): TemporalWorker =
        TemporalWorker(queue, HEARTBEAT, options).also {
            workers += it
            it.start(scope)
        }

    val now: Instant get() = clock.instant()

    fun eventsOf(id: String): List<HistoryEvent> =
        server.workflowClient
            .fetchHistory(id)
            .history.eventsList

    fun skip(time: Duration): Unit = server.sleep(time)

    /** Looks at the call [cid] until it [isThere]. */
    suspend fun awaitCall(
        cid: String,
        isThere: (Call) -> Boolean,
    ): Call =
        withTimeout(GUARD) {
            var call = queue.find(cid)
            while (call == null || !isThere(call)) {
                delay(PAUSE)
                call = queue.find(cid)
            }
            call
        }

    override fun close() {
        scope.cancel()
        queue.close()
        server.close()
    }

    /** The time since the begin of the story, rounded to ten minutes: what runs takes real time. */
    fun at(instant: Instant): String {
        val tens = (instant.toEpochMilli() - begin + TEN_MINUTES / 2) / TEN_MINUTES
        return Duration.ofMinutes(tens * 10).toString().removePrefix("PT")
    }

    companion object {
        val HEARTBEAT = 400.milliseconds
        private val QUERY_TIMEOUT = Duration.ofSeconds(2)

        private fun options(skipsTime: Boolean): TestEnvironmentOptions =
            TestEnvironmentOptions
                .newBuilder()
                .setUseTimeskipping(skipsTime)
                .setWorkflowServiceStubsOptions(WorkflowServiceStubsOptions.newBuilder().setRpcQueryTimeout(QUERY_TIMEOUT).build())
                .build()

        private const val TEN_MINUTES = 600_000L
        private val GUARD = 30.seconds
        private val PAUSE = 5.milliseconds
    }
}

/** Tells a [story] about calls with these handlers and settings, and a worker that runs. */
internal suspend fun hosted(
    settings: RetryQueueBuilder.() -> Unit,
    skipsTime: Boolean = true,
    story: suspend Host.() -> Unit,
) {
    Host(HandlerRegistry.of(settings), skipsTime).use { host ->
        host.startWorker()
        host.story()
    }
}

internal val Call.text: String? get() = response?.bytes?.decodeToString()
