package dev.reprise.servers

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors

/** How a [ScriptedServer] treats one request. */
typealias Answer = HttpExchange.(release: CountDownLatch) -> Unit

/** Responds with [status], these headers, and the status as its body. */
fun status(
    status: Int,
    vararg headers: Pair<String, String>,
): Answer =
    { _ ->
        headers.forEach { (name, value) -> responseHeaders.set(name, value) }
        val body = "$status".toByteArray()
        sendResponseHeaders(status, body.size.toLong())
        responseBody.use { it.write(body) }
    }

/** Closes the connection without a response. */
val reset: Answer = { _ -> close() }

/** Sends nothing until the server is closed. */
val stall: Answer = { release ->
    release.await()
    close()
}

/** A server on loopback that treats its requests by [answers], one after the other, and the last one from then on. */
class ScriptedServer(
    private vararg val answers: Answer,
) : AutoCloseable {
    private val http = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)
    private val threads = Executors.newCachedThreadPool()
    private val release = CountDownLatch(1)

    /** The header `X-Attempt` of each request so far; "none" for a request without it. */
    val attempts = CopyOnWriteArrayList<String>()
    val calls: Int get() = attempts.size
    val uri: URI get() = URI("http://${http.address.address.hostAddress}:${http.address.port}/")

    /** Released when a request has arrived. */
    val arrived = CountDownLatch(1)

    init {
        http.executor = threads
        http.createContext("/") { exchange ->
            attempts += exchange.requestHeaders.getFirst("X-Attempt") ?: "none"
            exchange.requestBody.readBytes()
            arrived.countDown()
            answers[minOf(calls, answers.size) - 1](exchange, release)
        }
        http.start()
    }

    override fun close() {
        release.countDown()
        http.stop(0)
        threads.shutdown()
    }
}
