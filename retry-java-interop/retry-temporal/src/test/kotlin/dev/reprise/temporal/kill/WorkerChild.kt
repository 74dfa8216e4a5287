package dev.reprise.temporal.kill

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import dev.reprise.temporal.Host
import dev.reprise.temporal.RemoteServer
import dev.reprise.temporal.TemporalCallQueue
import dev.reprise.temporal.TemporalWorker
import io.temporal.client.WorkflowClient
import io.temporal.client.WorkflowClientOptions
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.awaitCancellation
import java.io.IOException
import kotlin.time.Duration.Companion.seconds

internal val charge: Target<String, String> = target("charge")

/**
 * Attempts 1 and 2 fail, and 3 succeeds. A call whose request is n waits in attempt n for the death of its worker, once. Each start of the handler is
 * a line, which says whether it waits.
 */
internal val handlers: HandlerRegistry =
    HandlerRegistry.of {
        handle(charge) { request ->
            val waits = attempt == request.toInt() && call.crashes == 0
            println("$request $attempt $waits")
            if (waits) awaitCancellation()
            if (attempt < 3) throw IOException("attempt $attempt")
            "charged in attempt $attempt"
        }
    }

internal const val READY = "ready"

/** A worker in a process of its own, which ends with its input. The arguments: address, namespace, task queue. */
fun main(args: Array<String>) {
    val (address, namespace, taskQueue) = args
    val options = WorkflowClientOptions.newBuilder().setNamespace(namespace).build()
    val client = WorkflowClient.newInstance(RemoteServer.stubsAt(address), options)
    val worker = TemporalWorker(TemporalCallQueue(client, taskQueue, handlers), 2.seconds, Host.UNCACHED)
    worker.start(CoroutineScope(SupervisorJob() + Dispatchers.IO))
    println(READY)
    System.`in`.readAllBytes()
    Runtime.getRuntime().halt(0)
}
