package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.ConsoleResponse

/** A visitor of a console without a server: it keeps the cookie, and fills in forms. */
internal class TestBrowser(
    private val console: Console,
    private val user: String = "ada",
    private val mount: String = "",
) {
    private var cookie: String? = null

    suspend fun get(
        path: String,
        query: String? = null,
    ): ConsoleResponse = send(request("GET", path).query(query))

    /** Posts a form with the token that pages have. */
    suspend fun post(
        path: String,
        vararg fields: Pair<String, String>,
    ): ConsoleResponse {
        if (cookie == null) get("/")
        return postForm(path, listOf("csrf" to cookie.orEmpty().substringAfter('=')) + fields)
    }

    suspend fun postForm(
        path: String,
        fields: List<Pair<String, String>>,
        change: ConsoleRequest.Builder.() -> Unit = {},
    ): ConsoleResponse {
        val body = fields.joinToString("&") { (name, value) -> "$name=${java.net.URLEncoder.encode(value, Charsets.UTF_8)}" }
        return send(
            request("POST", path).header("Content-Type", "application/x-www-form-urlencoded").body(body.encodeToByteArray()).apply(change),
        )
    }

    suspend fun postJson(
        path: String,
        json: String,
        vararg headers: Pair<String, String> = arrayOf("X-Reprise-Request" to "1", "Content-Type" to "application/json"),
    ): ConsoleResponse {
        val request = request("POST", path).body(json.encodeToByteArray())
        headers.forEach { (name, value) -> request.header(name, value) }
        return send(request)
    }

    fun request(
        method: String,
        path: String,
    ): ConsoleRequest.Builder {
        val builder =
            ConsoleRequest
                .builder(method, path)
                .user(user)
                .mount(mount)
                .header("Host", "ops.example")
        cookie?.let { builder.header("Cookie", it) }
        return builder
    }

    suspend fun send(request: ConsoleRequest.Builder): ConsoleResponse {
        val response = console.handle(request.build())
        response.header("Set-Cookie")?.let { cookie = it.substringBefore(';') }
        return response
    }
}

/** A console of [showcase] in which everybody can do what [access] says. */
internal fun consoleOf(
    showcase: Showcase,
    access: Access = Access.Operate(),
    change: ConsoleBuilder.() -> Unit = {},
): Console =
    Console(showcase.store) {
        title = "orders"
        workflows(showcase.workflows)
        clock = showcase.clock
        access { access }
        change()
    }

/** Every page of the console, with those of a call and of a run. */
internal fun pages(
    cid: String,
    run: String,
): List<String> =
    listOf(
        "",
        "calls",
        "calls/$cid",
        "dead",
        "storm",
        "policies",
        "what-if",
        "workers",
        "lanes",
        "runs",
        "runs/$run",
        "audit",
    ).map { "/$it" }

/** Every document of its API that needs no query. */
internal fun documents(
    cid: String,
    run: String,
): List<String> =
    listOf(
        "overview",
        "counts",
        "calls",
        "calls/$cid",
        "groups",
        "storm",
        "policies",
        "workers",
        "lanes",
        "runs",
        "runs/$run",
        "audit",
    ).map {
        "/api/v1/$it"
    }
