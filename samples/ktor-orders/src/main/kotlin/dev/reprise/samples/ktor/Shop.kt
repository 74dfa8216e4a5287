package dev.reprise.samples.ktor

import dev.reprise.ktor.Reprise
import dev.reprise.ktor.reprise
import dev.reprise.ktor.repriseConsole
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.auth.Authentication
import io.ktor.server.auth.UserIdPrincipal
import io.ktor.server.auth.authenticate
import io.ktor.server.auth.basic
import io.ktor.server.request.receiveText
import io.ktor.server.response.respondText
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlin.time.Duration.Companion.minutes

/** Tells the shop of the customer about an order; see [orders]. */
val webhook = target("webhook")

/** Takes orders and tells [deliver] about each of them, until it succeeds: today, or after the weekend. */
fun Application.orders(
    calls: CallStore,
    threads: CoroutineDispatcher = Dispatchers.Default,
    deliver: suspend (String) -> Unit,
) {
    // docs:begin ktor-server
    install(Reprise) {
        dispatcher = threads // only for tests in virtual time
        queue(calls) {
            handle(webhook) { order ->
                deliver(order)
                "delivered at attempt $attempt"
            }
            policy {
                exponential(1.minutes)
                maxAttempts(60)
            }
        }
    }
    routing {
        post("/orders") {
            val order = call.receiveText()
            val handle = call.application.reprise.queue
                .enqueue(webhook, order) { uniqueKey = order }
            call.respondText("accepted as ${handle.cid}") // stored: it cannot be lost any more
        }
    }
    // docs:end
    console()
}

// docs:begin ktor-console
private fun Application.console() {
    install(Authentication) {
        basic("ops") { validate { login -> if (login.password == "secret") UserIdPrincipal(login.name) else null } }
    }
    routing { authenticate("ops") { repriseConsole("/ops") } }
}
// docs:end
