package dev.reprise.samples.http

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.util.concurrent.CopyOnWriteArrayList

/** A server on loopback that returns [statuses] one after the other, and the last one from then on. */
class PriceServer(
    private vararg val statuses: Int,
) : AutoCloseable {
    private val http = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)

    /** The `Idempotency-Key` of each request so far; "none" for a request without one. */
    val keys = CopyOnWriteArrayList<String>()
    val url: String get() = "http://${http.address.address.hostAddress}:${http.address.port}"

    init {
        http.createContext("/", ::answer)
        http.start()
    }

    private fun answer(exchange: HttpExchange) {
        keys += exchange.requestHeaders.getFirst("Idempotency-Key") ?: "none"
        val status = statuses[minOf(keys.size, statuses.size) - 1]
        if (status == 503) exchange.responseHeaders.add("Retry-After", "0")
        val body = "12 EUR".toByteArray()
        exchange.sendResponseHeaders(status, body.size.toLong())
        exchange.responseBody.use { it.write(body) }
    }

    override fun close(): Unit = http.stop(0)
}
