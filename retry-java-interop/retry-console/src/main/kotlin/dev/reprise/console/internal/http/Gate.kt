package dev.reprise.console.internal.http

import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import java.net.URI
import java.net.URISyntaxException

/** Checks requests before a route sees them. */
internal object Gate {
    /** Throws unless the visitor may read; before anything is looked up, so that nothing leaks. */
    fun requireRead(access: Access) {
        if (!access.canRead) throw Refusal(403, "You have no access to this console. Its operator grants it with access { … }.")
    }

    /** Throws if the body is too large. */
    fun requireSize(request: ConsoleRequest) {
        if (request.body.size >
            ConsoleRequest.LARGEST_BODY
        ) {
            throw Refusal(413, "The body must have at most ${ConsoleRequest.LARGEST_BODY} bytes.")
        }
    }

    /** Throws if a request that changes something was made by a page of another site, or does not prove that it was not. */
    fun requireOwnPage(visit: Visit) {
        val request = visit.request
        if (visit.access !is Access.Operate) throw Refusal(403, "You can read here, and change nothing. Ask for access to operate.")
        if (!isSameSite(request)) throw Refusal(403, "The request comes from another site. Open this console and try again there.")
        if (isApi(request)) return requireApiHeaders(request)
        if (!visit.csrf.isIn(request)) throw Refusal(403, "The form has expired. Go back, reload the page and try again.")
    }

    fun isApi(request: ConsoleRequest): Boolean = request.path.startsWith("/api/")

    /** A page of another site cannot send these without asking the console first, which never allows it. */
    private fun requireApiHeaders(request: ConsoleRequest) {
        val isJson = request.header("Content-Type")?.substringBefore(';')?.trim() == "application/json"
        if (request.header("X-Reprise-Request") != "1" || !isJson) {
            throw Refusal(403, "A POST to the API needs the headers X-Reprise-Request: 1 and Content-Type: application/json.")
        }
    }

    private fun isSameSite(request: ConsoleRequest): Boolean {
        val site = request.header("Sec-Fetch-Site")
        if (site != null && site != "same-origin" && site != "none") return false
        val origin = request.header("Origin") ?: return true
        val host = request.header("X-Forwarded-Host") ?: request.header("Host")
        return authorityOf(origin) == host?.lowercase()
    }

    /** The host and port of an origin; null for an opaque one. */
    private fun authorityOf(origin: String): String? =
        try {
            URI(origin).authority?.lowercase()
        } catch (_: URISyntaxException) {
            null
        }
}
