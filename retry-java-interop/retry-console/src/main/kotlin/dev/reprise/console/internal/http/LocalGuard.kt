package dev.reprise.console.internal.http

import dev.reprise.console.internal.kit.CsrfToken
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.ConsoleResponse
import java.security.MessageDigest
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Lets one browser of this machine in: the one that opens the address with the token, which is valid once. Other users of the machine do not know
 * the token, and pages of other sites, even with a name that leads to this address, are recognised by the `Host` header.
 */
internal class LocalGuard(
    private val port: Int,
) {
    private val token = CsrfToken.randomHex()
    private val session = CsrfToken.randomHex()
    private val isUsed = AtomicBoolean()
    private val hosts = setOf("127.0.0.1:$port", "localhost:$port", "[::1]:$port")

    /** What is appended to the address of the console. */
    val query: String get() = "?token=$token"

    /** The response to a request that is not let in, or that exchanges the token; null: it is let in. */
    fun check(request: ConsoleRequest): ConsoleResponse? {
        if (request.header("Host")?.lowercase() !in
            hosts
        ) {
            return refusal(request, "This console is only reachable as 127.0.0.1 or localhost.")
        }
        val offered = request.query["token"]?.singleOrNull()
        return when {
            isSame(request.cookies[cookie], session) -> {
                if (offered == null) null else letIn(isNew = false)
            }

            isSame(offered, token) && isUsed.compareAndSet(false, true) -> {
                letIn(isNew = true)
            }

            else -> {
                refusal(
                    request,
                    "Open the address with the token that was printed when the console started. It works once; start the console again for a new one.",
                )
            }
        }
    }

    private val cookie: String get() = "reprise-session-$port"

    /** Leads to the address without the token, so that it does not stay in the history. */
    private fun letIn(isNew: Boolean): ConsoleResponse {
        val response = ConsoleResponse(303, listOf("Location" to "./", "Cache-Control" to "no-store", "Referrer-Policy" to "no-referrer"))
        return if (isNew) response.with("Set-Cookie" to "$cookie=$session; Path=/; HttpOnly; SameSite=Strict") else response
    }

    private fun refusal(
        request: ConsoleRequest,
        text: String,
    ) = if (Gate.isApi(request)) Refusal(403, text).problem() else response(403, "text/plain; charset=utf-8", text + "\n")

    private fun isSame(
        offered: String?,
        secret: String,
    ) = offered != null && MessageDigest.isEqual(offered.encodeToByteArray(), secret.encodeToByteArray())
}
