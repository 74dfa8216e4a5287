package dev.reprise.restate

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.Call
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A queue of its own on [server], and a worker. */
internal class Host(
    server: RestateServer,
    registry: HandlerRegistry,
) {
    val queue = RestateCallQueue(server.ingress, server.admin, "q${number.incrementAndGet()}", registry)
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)

    private var port = 0

    /** Starts a worker, in place of one that was stopped if there was one. */
    suspend fun startWorker(): RestateWorker {
        val worker = RestateWorker(queue)
        port = worker.start(scope, port)
        worker.register("http://127.0.0.1:$port")
        return worker
    }

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

    fun close() {
        queue.close()
        scope.cancel()
    }

    private companion object {
        val number = AtomicInteger()
        val GUARD = 30.seconds
        val PAUSE = 5.milliseconds
    }
}

/** Runs a [story] about calls with these handlers and settings, and a worker that runs. */
internal suspend fun RestateServer.hosted(
    registry: HandlerRegistry,
    story: suspend Host.() -> Unit,
) {
    val host = Host(this, registry)
    val worker = host.startWorker()
    try {
        host.story()
    } finally {
        worker.stop(Duration.ZERO)
        host.close()
    }
}

internal suspend fun RestateServer.hosted(
    settings: RetryQueueBuilder.() -> Unit,
    story: suspend Host.() -> Unit,
): Unit = hosted(HandlerRegistry.of(settings), story)
