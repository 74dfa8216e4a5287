package dev.reprise.samples

import dev.reprise.policy.StopReason
import dev.reprise.run.RetryStoppedException
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import dev.reprise.samples.trip.bookTrips
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.net.ConnectException
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** Seven stories over real sockets. Each checks its own outcome: an unexpected one ends the program with an exception. */
fun main(): Unit =
    runBlocking {
        println("A Kotlin service, its server and its orders and trips")
        placeOrderAtFlakyServer()
        stopWhileWaiting()
        stopWhileAttempting()
        cancelFromOutside()
        bookTrips()
        println("\nAll seven ended as expected.\n")
    }

private suspend fun placeOrderAtFlakyServer() {
    println("\n1. The server is down, then busy, then silent, then well")
    FlakyServer(Mood.Busy, Mood.Silent, Mood.Well).use { server ->
        val narrator = Narrator()
        val desk = OrderDesk(OrderClient(server.uri), StopSignal()) { event ->
            narrator.onEvent(event)
            if (event.number == 2) {
                println("  (the server comes up)")
                server.start()
            }
        }
        val receipt = desk.place("one umbrella")
        println("  The receipt: $receipt")
        check(receipt == "order 3 is in") { "the third request should have been the one that worked" }
    }
}

private suspend fun stopWhileWaiting() {
    println("\n2. A shutdown arrives while the feed waits for its next attempt, a minute away")
    val shutdown = StopSignal()
    FlakyServer(Mood.Well).use { server ->
        val feed = OrderFeed(shutdown, Narrator()) { connect(server.address) }
        val start = TimeSource.Monotonic.markNow()
        val failure = coroutineScope {
            launch {
                delay(300.milliseconds)
                println("  (shutdown)")
                shutdown.stop("version 2 is being deployed")
            }
            runCatching { feed.open().close() }.exceptionOrNull()
        }
        println("  The last failure reached the caller: $failure")
        println("  with the report: ${failure?.retryReport?.message}")
        check(failure is ConnectException && failure.retryReport?.stopReason == StopReason.STOPPED) { "should have been stopped" }
        check(start.elapsedNow() < 10.seconds) { "should not have waited out the minute" }
    }
}

private suspend fun stopWhileAttempting() {
    println("\n3. A shutdown arrives while an order is on its way: that one can finish, the next one does not start")
    val shutdown = StopSignal()
    val stopAtFirstRequest = { _: Int ->
        println("  (shutdown)")
        shutdown.stop("version 2 is being deployed")
        Unit
    }
    FlakyServer(Mood.Slow, onRequest = stopAtFirstRequest).use { server ->
        server.start()
        val desk = OrderDesk(OrderClient(server.uri), shutdown, Narrator())
        println("  The receipt: ${desk.place("one raincoat")}")
        val refusal = runCatching { desk.place("two raincoats") }.exceptionOrNull()
        println("  The next order: ${refusal?.message}")
        check(refusal is RetryStoppedException && server.requests == 1) { "should not have placed the second order" }
    }
}

private suspend fun cancelFromOutside() {
    println("\n4. The customer hangs up while the server keeps silent")
    lateinit var order: Deferred<String>
    val hangUpAtSecondRequest = { number: Int ->
        if (number == 2) {
            println("  (the customer hangs up)")
            order.cancel()
        }
    }
    FlakyServer(Mood.Silent, onRequest = hangUpAtSecondRequest).use { server ->
        server.start()
        val desk = OrderDesk(OrderClient(server.uri), StopSignal(), Narrator())
        coroutineScope {
            order = async(start = CoroutineStart.LAZY) { desk.place("one sunshade") }
            val end = runCatching { order.await() }.exceptionOrNull()
            check(end is CancellationException) { "should have been cancelled, but ended with $end" }
        }
        delay(1.seconds)
        println("  A second later the server has seen ${server.requests} requests, and no more will come")
        check(server.requests == 2) { "should not have tried again" }
    }
}
