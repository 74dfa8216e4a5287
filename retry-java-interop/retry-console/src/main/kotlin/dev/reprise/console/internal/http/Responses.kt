package dev.reprise.console.internal.http

import dev.reprise.console.internal.kit.CsrfToken
import dev.reprise.console.internal.kit.Document
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Json
import dev.reprise.console.internal.kit.Redirect
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Reply
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.document
import dev.reprise.console.internal.kit.note
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.ConsoleResponse
import kotlinx.coroutines.flow.Flow

/** The headers of everything but assets. The pages hold no script and no style of their own, so that the policy can forbid both. */
private val SECURITY =
    listOf(
        "Content-Security-Policy" to
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
            "frame-ancestors 'none'; base-uri 'none'",
        "X-Content-Type-Options" to "nosniff",
        // With no-referrer browsers would send "Origin: null" with the forms of the console itself.
        "Referrer-Policy" to "same-origin",
        "Cache-Control" to "no-store",
    )

internal fun response(
    status: Int,
    type: String,
    text: String,
): ConsoleResponse = ConsoleResponse(status, listOf("Content-Type" to type) + SECURITY, text.encodeToByteArray())

internal fun Reply.toResponse(visit: Visit): ConsoleResponse =
    when (this) {
        is HtmlPage -> response(status, "text/html; charset=utf-8", document(this, visit)).withCookie(visit.csrf)
        is Redirect -> ConsoleResponse(303, listOf("Location" to visit.root + path.ifEmpty { "./" }) + SECURITY)
        is Document -> response(status, "application/json", Json.write(json))
    }

private fun ConsoleResponse.withCookie(token: CsrfToken) = token.newCookie?.let { with("Set-Cookie" to it) } ?: this

/** A refusal as a page of the console, or as `application/problem+json` for the API. */
internal fun Refusal.toResponse(visit: Visit): ConsoleResponse {
    val response =
        when {
            Gate.isApi(visit.request) -> problem()
            visit.access.canRead -> HtmlPage(titleOf(status), status = status) { note("bad") { +message } }.toResponse(visit)
            else -> response(status, "text/plain; charset=utf-8", message + "\n")
        }
    return allowedMethods?.let { response.with("Allow" to it) } ?: response
}

internal fun Refusal.problem() =
    response(status, "application/problem+json", Json.write(mapOf("title" to titleOf(status), "status" to status, "detail" to message)))

private fun titleOf(status: Int) =
    when (status) {
        400 -> "This request cannot be read"
        403 -> "Not allowed"
        404 -> "Not found"
        405 -> "Not possible here"
        409 -> "Changed meanwhile"
        413 -> "Too large"
        503 -> "The store does not respond"
        else -> "This did not work"
    }

/** The request without a slash at its end was for the mount: links relative to it would lead beside it. */
internal fun toMount(request: ConsoleRequest): ConsoleResponse =
    ConsoleResponse(308, listOf("Location" to "${request.mount.substringAfterLast('/').ifEmpty { "." }}/") + SECURITY)

/** The events of a live page. */
internal fun eventStream(events: Flow<ByteArray>): ConsoleResponse =
    ConsoleResponse(
        200,
        listOf("Content-Type" to "text/event-stream; charset=utf-8", "X-Accel-Buffering" to "no") + SECURITY,
        stream = events,
    )
