package dev.reprise.console.cli

import dev.reprise.console.Console
import dev.reprise.console.internal.kit.Json
import dev.reprise.console.internal.kit.Links
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.time.Duration
import java.util.Base64

/** A document of the API, with the text that it was read from. */
internal class Answer(
    val text: String,
) {
    private val members = Json.read(text) as Map<*, *>

    operator fun get(name: String): Any? = members[name]

    /** The objects in the list [name]. */
    fun list(name: String): List<Map<*, *>> = (members[name] as? List<*>).orEmpty().map { it as Map<*, *> }
}

/** The API of a console, wherever it is: the command line shows its documents. */
internal abstract class Api : AutoCloseable {
    fun get(
        path: String,
        parameters: List<Pair<String, Any?>> = emptyList(),
    ): Answer = answer(send("GET", path, Links.query(parameters), null))

    fun post(
        path: String,
        body: Map<String, Any?>,
    ): Answer = answer(send("POST", path, "", Json.write(body)))

    /** The status and the text of the response to a request below `/api/v1/`. */
    protected abstract fun send(
        method: String,
        path: String,
        query: String,
        body: String?,
    ): Pair<Int, String>

    private fun answer(response: Pair<Int, String>): Answer {
        val (status, text) = response
        if (status == OK) return Answer(text)
        val code =
            when (status) {
                400, 409, 413 -> Exit.USAGE
                404 -> Exit.NOT_FOUND
                else -> Exit.UNREACHABLE
            }
        throw CliFailure(code, detail(text) ?: "the console responded with status $status")
    }

    private fun detail(text: String): String? =
        try {
            (Json.read(text) as? Map<*, *>)?.get("detail") as? String
        } catch (_: IllegalArgumentException) {
            text.lineSequence().first().ifBlank { null }
        }

    protected companion object {
        const val PREFIX: String = "/api/v1/"
        private const val OK = 200
    }
}

/** A console in this process, on a store. */
internal class LocalApi(
    private val console: Console,
    private val user: String,
    private val store: AutoCloseable,
) : Api() {
    override fun send(
        method: String,
        path: String,
        query: String,
        body: String?,
    ): Pair<Int, String> {
        val request = ConsoleRequest.builder(method, PREFIX + path).query(query).user(user)
        if (body != null) request.body(body.encodeToByteArray()).header("Content-Type", "application/json").header("X-Reprise-Request", "1")
        val response = runBlocking { console.handle(request.build(), Access.Operate()) }
        return response.status to response.text()
    }

    override fun close() = store.close()
}

/** A console that is reached over HTTP. */
internal class RemoteApi(
    address: String,
    user: String?,
    password: String?,
) : Api() {
    private val root = address.trimEnd('/')
    private val client: HttpClient = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build()
    private val authorization =
        if (user == null ||
            password == null
        ) {
            null
        } else {
            "Basic " + Base64.getEncoder().encodeToString("$user:$password".encodeToByteArray())
        }

    override fun send(
        method: String,
        path: String,
        query: String,
        body: String?,
    ): Pair<Int, String> {
        val address = URI.create(root + PREFIX + path + if (query.isEmpty()) "" else "?$query")
        val content = if (body == null) HttpRequest.BodyPublishers.noBody() else HttpRequest.BodyPublishers.ofString(body)
        val request = HttpRequest.newBuilder(address).timeout(Duration.ofMinutes(5)).method(method, content)
        if (body != null) request.header("Content-Type", "application/json").header("X-Reprise-Request", "1")
        authorization?.let { request.header("Authorization", it) }
        return try {
            val response = client.send(request.build(), HttpResponse.BodyHandlers.ofString())
            response.statusCode() to response.body()
        } catch (e: IOException) {
            throw CliFailure(Exit.UNREACHABLE, "cannot reach the console at $root: ${e.message ?: e.javaClass.simpleName}")
        }
    }

    override fun close() = Unit
}
