package dev.reprise.restate.kill

import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.restate.RestateCallQueue
import dev.reprise.restate.RestateServer
import dev.reprise.restate.RestateWorker
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.withTimeout
import java.net.ServerSocket
import java.util.UUID
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

private const val CALLS = 200

class RestateKillTest : FunSpec({
    test("200 calls survive SIGKILLs of the service and of the server: none is lost, and only attempts in flight are repeated") {
        val port = ServerSocket(0).use { it.localPort }
        RestateServer().use { server ->
            Service(server.ingress, server.admin, "killed", "$port").use { service ->
                val queue = RestateCallQueue(server.ingress, server.admin, "killed", handlers)
                withTimeout(5.minutes) {
                    server.start()
                    service.start()
                    RestateWorker(queue).register("http://127.0.0.1:$port")
                    val calls = coroutineScope { async { enqueueAndAwait(queue) }.also { killAll(server, service) } }
                    examine(calls.await(), service.events.value)
                }
            }
        }
    }
})

/** Two producers enqueue the calls, each until it is acknowledged; then all of them are awaited. */
private suspend fun enqueueAndAwait(queue: RestateCallQueue): List<Call> =
    coroutineScope {
        val cids = List(CALLS) { UUID.randomUUID().toString().replace("-", "") }
        val producers = (0..1).map { half -> async { for (n in half until CALLS step 2) enqueue(queue, cids[n], n) } }
        producers.awaitAll()
        cids.map { async { queue.awaitEnd(it) } }.awaitAll()
    }

private suspend fun enqueue(
    queue: RestateCallQueue,
    cid: String,
    n: Int,
) {
    while (!isAccepted(queue, cid, n)) delay(50.milliseconds)
}

private suspend fun isAccepted(
    queue: RestateCallQueue,
    cid: String,
    n: Int,
): Boolean =
    try {
        queue.enqueueAs(cid, charge, "$n")
        true
    } catch (_: StoreUnavailableException) {
        false
    }

/** The service is killed, then the server, then both at once, then the server again: each with attempts in flight. */
private suspend fun killAll(
    server: RestateServer,
    service: Service,
) {
    service.awaitNextAfter(20)
    service.kill()
    service.start()
    service.awaitNextAfter(70)
    server.kill()
    server.start()
    service.awaitNextAfter(120)
    server.kill()
    service.kill()
    service.start()
    server.start()
    service.awaitNextAfter(180)
    server.kill()
    server.start()
}

/** Processes that were killed. */
private const val KILLS = 2

private fun examine(
    calls: List<Call>,
    events: List<Event>,
) {
    calls.map { it.state }.toSet() shouldBe setOf(CallState.SUCCEEDED)
    calls.map { it.cid }.toSet().size shouldBe CALLS
    calls.map { it.attempts } shouldContainExactly List(CALLS) { if (it % 5 == 0) 2 else 1 }

    val starts = events.filter { it.starts }.groupBy { it.cid }
    starts.keys shouldBe calls.map { it.cid }.toSet()
    // In the sequence of their starts, no attempt follows a later one.
    starts.filterValues { its -> its.zipWithNext().any { (one, next) -> next.attempt < one.attempt } }.keys.shouldBeEmpty()
    // The handler of an attempt is called again in another process, because its own was killed: never for a server that was.
    val attempts = events.filter { it.starts }.groupBy { it.cid to it.attempt }
    attempts.filterValues { its -> its.map { it.process }.toSet().size < its.size }.keys.shouldBeEmpty()
    val repeats = attempts.mapValues { it.value.size - 1 }
    repeats.values.sum() shouldBeInRange 1..KILLS * SLOTS
    // Each of these was a crash, and no attempt. The other crashes are those of attempts that were about to call their handler.
    val crashes = calls.associate { it.cid to it.crashes }
    repeats.filter { (attempt, times) -> crashes.getValue(attempt.first) < times }.keys.shouldBeEmpty()
    crashes.values.sum() shouldBeInRange repeats.values.sum()..KILLS * SLOTS
}
