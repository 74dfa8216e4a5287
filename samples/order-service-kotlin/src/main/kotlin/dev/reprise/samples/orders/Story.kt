package dev.reprise.samples.orders

import dev.reprise.console.Console
import dev.reprise.console.ConsoleServer
import dev.reprise.console.model.Stage
import dev.reprise.queue.JdbcCallStore
import kotlinx.coroutines.delay
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * The story of five orders, a gateway that is down and a shop that is killed, on the database at [url]. It checks its own outcome: an
 * unexpected one ends it with an exception.
 */
class Story(
    private val url: String,
    private val tell: (String) -> Unit = ::println,
) {
    /** Prefix of the ids of this story's orders; the output omits it. */
    private val run = "run-${System.currentTimeMillis()}"
    private val orders = Orders(database(url))
    private lateinit var first: Copy
    private val isPlugged = AtomicBoolean(true)
    private val gateway = Gateway(onCharge = ::pullThePlug)

    suspend fun tell() {
        say("An order service in Kotlin, its payment gateway, and a database that forgets nothing: ${url.substringBefore('?')}")
        JdbcCallStore(database(url)).use { store ->
            console(store).use { console ->
                say("  Look at it while the story runs: ${console.start()}")
                gateway.use {
                    takeOrdersWithoutGateway()
                    crash()
                    recover()
                }
            }
        }
        say("\nAll orders are paid, each of them once.\n")
    }

    /** On loopback, at any free port, for the browser that opens its address first. */
    private fun console(store: JdbcCallStore): ConsoleServer {
        // docs:begin console-local
        val console = Console(store) {
            title = "orders"
            stage = Stage.TEST
        }
        return ConsoleServer(console, port = 0)
        // docs:end
    }

    private suspend fun takeOrdersWithoutGateway() {
        say("\n1. The gateway is down. The shop takes three orders nevertheless, each with its charge in one transaction")
        first = copy(1, "$run-1=one umbrella", "$run-2=two raincoats", "$run-3=three sunshades")
        await("three failed attempts") { first.count("unreachable") >= 3 || !first.isAlive }
    }

    private suspend fun crash() {
        say("\n2. The gateway comes up")
        gateway.start()
        await("the crash") { !first.isAlive }
        say("  No process is left. What remains is in the database:")
        tellState()
    }

    private fun pullThePlug(order: String) {
        if (!isPlugged.compareAndSet(true, false)) return
        say("  (the gateway takes the money for order $order, and copy 1 is killed before it receives the response)")
        first.kill()
    }

    private suspend fun recover() {
        say("\n3. Two new copies start; each takes a new order. They take over the calls of copy 1: on SQLite")
        say("   immediately, on PostgreSQL when its lease expires, 20 seconds after its last renewal")
        copy(2, "$run-4=four pairs of boots").use { second ->
            copy(3, "$run-5=five hats").use { third ->
                await("five receipts") { orders.receipts(run).values.count { it != null } == 5 }
                await("five paid orders") { listOf(first, second, third).sumOf { it.count(": paid") } >= 5 }
                say("\n4. The copies shut down")
            }
        }
        tellState()
        say("  The gateway was called ${gateway.requests} times and has charged ${gateway.charges} times.")
        check(gateway.charges == 5) { "there should have been five charges, but there were ${gateway.charges}" }
    }

    private suspend fun tellState() {
        orders.receipts(run).forEach { (order, receipt) -> say("  order $order: ${receipt ?: "not paid yet"}") }
        // A shop that is not started can be queried, and runs no calls.
        val shop = Shop(database(url), GatewayPayments(gateway.uri), "the narrator", ::say)
        for (count in shop.queue.counts()) say("  the queue: ${count.calls} x ${count.handler} ${count.state}")
        shop.close()
    }

    private fun say(line: String) = tell(line.replace("$run-", ""))

    private fun copy(
        number: Int,
        vararg orders: String,
    ) = Copy("copy $number", url, gateway, orders.toList()) { say("  $it") }

    private suspend fun await(
        what: String,
        holds: suspend () -> Boolean,
    ) {
        val start = TimeSource.Monotonic.markNow()
        while (!holds()) {
            check(start.elapsedNow() < 120.seconds) { "waited two minutes for $what" }
            delay(100.milliseconds)
        }
    }
}
