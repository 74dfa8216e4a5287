package dev.reprise.temporal.kill

import dev.reprise.queue.model.CallState
import dev.reprise.temporal.Host
import dev.reprise.temporal.RemoteServer
import dev.reprise.temporal.TemporalCallQueue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.temporal.testserver.TestServer
import kotlinx.coroutines.withTimeout
import java.net.ServerSocket
import kotlin.time.Duration.Companion.minutes

private const val TASK_QUEUE = "killed"

/** Runs [story] with the address of a server: that of `-Dtemporal.address`, or the official test server at a port of this process, in real time. */
private suspend fun atAddress(story: suspend (String) -> Unit) {
    Host.ADDRESS?.let { return story(it) }
    val port = ServerSocket(0).use { it.localPort }
    TestServer.createPortBoundServer(port).use { story("localhost:$port") }
}

class KillTest : FunSpec({
    test(
        "a worker process that is killed in attempt 1, 2 or 3 of a call costs a crash and no attempt: another one makes the attempt again",
    ) {
        atAddress { address ->
            RemoteServer.open(address, skipsTime = false).use { server ->
                val namespace = server.workflowClient.options.namespace
                val queue = TemporalCallQueue(server.workflowClient, TASK_QUEUE, handlers)
                WorkerProcesses(address, namespace, TASK_QUEUE).use { workers ->
                    workers.start(4)
                    for (killedIn in 1..3) withTimeout(1.minutes) { killOnce(queue, workers, killedIn) }
                }
            }
        }
    }
})

private suspend fun killOnce(
    queue: TemporalCallQueue,
    workers: WorkerProcesses,
    killedIn: Int,
) {
    val handle = queue.enqueue(charge, "$killedIn") { policy("every(10ms) maxAttempts(3)") }
    val starts =
        (1..4).map { n ->
            val line = workers.lines.receive()
            if (n == killedIn) line.process.destroyForcibly().waitFor()
            line.text
        }
    handle.await() shouldBe "charged in attempt 3"
    starts shouldContainExactly
        ((1..killedIn) + (killedIn..3)).mapIndexed { n, attempt -> "$killedIn $attempt ${n == killedIn - 1}" }
    val call = queue.find(handle.cid)!!
    listOf(call.state, call.attempts, call.failures, call.crashes) shouldBe listOf(CallState.SUCCEEDED, 3, 2, 1)
}
