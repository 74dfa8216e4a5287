package dev.reprise.temporal

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.Call
import io.kotest.core.annotation.Condition
import io.kotest.core.spec.Spec
import io.temporal.api.history.v1.HistoryEvent
import io.temporal.serviceclient.WorkflowServiceStubsOptions
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
import kotlin.reflect.KClass
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Duration as KotlinDuration

/**
 * A server, a queue on it and workers: the official server in this process, which skips the time in which nothing runs if it [skipsTime], or with
 * `-Dtemporal.address=host:port` the one there, in real time and a namespace of its own. [stubs] sets
 * what else its client has.
 */
internal class Host(
    registry: HandlerRegistry,
    skipsTime: Boolean = true,
    stubs: WorkflowServiceStubsOptions.Builder.() -> Unit = {},
) : AutoCloseable {
    constructor(settings: RetryQueueBuilder.() -> Unit) : this(HandlerRegistry.of(settings))

    val server: TestWorkflowEnvironment = RemoteServer.open(ADDRESS, skipsTime, stubs)
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

    fun startWorker(
        options: WorkerFactoryOptions = WorkerFactoryOptions.getDefaultInstance(),
        heartbeat: KotlinDuration = HEARTBEAT,
    ): TemporalWorker =
        TemporalWorker(queue, heartbeat, options).also {
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
        /** Long enough for a JVM that has just started on a busy machine. */
        val HEARTBEAT = 2.seconds

        /** A server elsewhere; null: each story has one of its own in this process. */
        val ADDRESS: String? = System.getProperty("temporal.address")?.takeIf { it.isNotBlank() }

        /**
         * For workers that end before their server does: the in-process server leaves the workflows of a dead worker to the cache of that worker for
         * good, where a cluster waits for five seconds.
         */
        @Suppress("DEPRECATION")
        val UNCACHED: WorkerFactoryOptions =
            WorkerFactoryOptions.newBuilder().setWorkflowHostLocalTaskQueueScheduleToStartTimeout(Duration.ZERO).build()

        private const val TEN_MINUTES = 600_000L
        private val GUARD = 30.seconds
        private val PAUSE = 5.milliseconds
    }
}

/** For specs whose stories take virtual days. */
internal class InVirtualTime : Condition {
    override fun evaluate(kclass: KClass<out Spec>): Boolean = Host.ADDRESS == null
}

/** Runs a [story] about calls with these handlers and settings, and a worker that runs. */
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
