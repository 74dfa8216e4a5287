package dev.reprise.ktor

import dev.reprise.console.Console
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.ConsoleResponse
import io.ktor.http.ContentType
import io.ktor.http.HttpHeaders
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.ApplicationCall
import io.ktor.server.plugins.origin
import io.ktor.server.request.httpMethod
import io.ktor.server.request.path
import io.ktor.server.request.queryString
import io.ktor.server.request.receiveChannel
import io.ktor.server.response.respondBytes
import io.ktor.server.response.respondBytesWriter
import io.ktor.server.routing.Route
import io.ktor.server.routing.application
import io.ktor.server.routing.route
import io.ktor.utils.io.readRemaining
import io.ktor.utils.io.writeFully
import kotlinx.coroutines.flow.takeWhile
import kotlinx.io.readByteArray

/**
 * Serves the [console][Console] of the application's queue under [path], with the settings of `install(Reprise) { console { … } }`.
 *
 * ```
 * routing { authenticate("ops") { repriseConsole("/ops") } }
 * ```
 *
 * Inside `authenticate` the visitors that it lets in can operate, under their names, unless `access { request -> … }` in `console { }` decides
 * otherwise; `request.user` is the name of a `UserIdPrincipal`. It needs `dev.reprise:retry-console`.
 *
 * @throws IllegalStateException if it is neither inside `authenticate` nor has `access`, or if the application has no queue.
 * @throws io.ktor.server.application.MissingApplicationPluginException if [Reprise] is not installed.
 */
public fun Route.repriseConsole(path: String): Route {
    val reprise = application.reprise
    val isAuthenticated = isAuthenticated()
    val console = consoleOf(reprise, isAuthenticated)
    return route("${path.removeSuffix("/")}/{$TAIL...}") {
        handle {
            val user = if (isAuthenticated) visitorOf(call) else null
            call.respond(console.handle(requestOf(call, user)), reprise)
        }
    }
}

private const val TAIL = "repriseConsole"

private fun consoleOf(
    reprise: Reprise,
    isAuthenticated: Boolean,
): Console {
    val console = Console(reprise.queue) { reprise.console?.invoke(this) }
    if (console.hasAccess) return console
    check(isAuthenticated) {
        "the console is open to everybody; put it inside authenticate(…) { repriseConsole(…) }, " +
            "or write install(Reprise) { console { access { request -> … } } }"
    }
    return Console(reprise.queue) {
        access { request -> if (request.user == null) Access.None else Access.Operate() }
        reprise.console?.invoke(this)
    }
}

private suspend fun requestOf(
    call: ApplicationCall,
    user: String?,
): ConsoleRequest {
    val path = call.request.path()
    val below = pathBelow(path, call.parameters.getAll(TAIL).orEmpty())
    val builder =
        ConsoleRequest
            .builder(call.request.httpMethod.value, below)
            .mount(path.removeSuffix(below))
            .query(call.request.queryString())
            .user(user)
            .remoteAddress(call.request.origin.remoteAddress)
            .body(call.receiveChannel().readRemaining(ConsoleRequest.LARGEST_BODY + 1L).readByteArray())
    call.request.headers.forEach { name, values -> values.forEach { builder.header(name, it) } }
    return builder.build()
}

/** The end of [path] that consists of the segments in [tail], as it is encoded; empty for the mount itself, without a slash. */
private fun pathBelow(
    path: String,
    tail: List<String>,
): String {
    val segments = path.removeSuffix("/")
    var start = segments.length
    repeat(tail.count { it.isNotEmpty() }) { start = segments.lastIndexOf('/', start - 1) }
    return path.substring(start)
}

private suspend fun ApplicationCall.respond(
    console: ConsoleResponse,
    reprise: Reprise,
) {
    console.headers
        .filterNot { it.first.equals(HttpHeaders.ContentType, ignoreCase = true) }
        .forEach { (name, value) -> response.headers.append(name, value) }
    val type = console.header(HttpHeaders.ContentType)?.let(ContentType::parse)
    val status = HttpStatusCode.fromValue(console.status)
    val events = console.stream ?: return respondBytes(console.body, type, status)
    respondBytesWriter(type, status) {
        // There is one every two seconds, so that live pages do not keep the engine from stopping.
        events.takeWhile { !reprise.isStopping }.collect {
            writeFully(it)
            flush()
        }
    }
}
