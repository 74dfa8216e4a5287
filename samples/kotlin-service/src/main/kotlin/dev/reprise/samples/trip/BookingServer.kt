package dev.reprise.samples.trip

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.URI
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList

/**
 * Books and cancels on loopback: `PUT /hotel/Ada`, `DELETE /hotel/Ada`. The first request for each thing meets a busy server, and what is
 * in [soldOut] is never available. Booking is idempotent.
 */
class BookingServer(
    private vararg val soldOut: String,
) : AutoCloseable {
    /** What was really booked and cancelled, in order. */
    val journal: MutableList<String> = CopyOnWriteArrayList()

    private val asked = ConcurrentHashMap.newKeySet<String>()
    private val booked = ConcurrentHashMap.newKeySet<String>()
    private val http = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0)

    val uri: URI get() = URI("http://${http.address.address.hostAddress}:${http.address.port}/")

    init {
        http.createContext("/") { exchange -> exchange.use { answer(it) } }
        http.start()
    }

    private fun answer(exchange: HttpExchange) {
        val (what, who) = exchange.requestURI.path
            .removePrefix("/")
            .split('/')
        when {
            asked.add("${exchange.requestMethod} $what for $who") -> exchange.reply(503, "busy")
            exchange.requestMethod == "DELETE" -> exchange.reply(200, cancel(what, who))
            what in soldOut -> exchange.reply(409, "no $what left")
            else -> exchange.reply(200, book(what, who))
        }
    }

    private fun book(
        what: String,
        who: String,
    ): String {
        if (booked.add("$what/$who")) journal += "booked $what"
        return "$what/$who"
    }

    private fun cancel(
        what: String,
        who: String,
    ): String {
        if (booked.remove("$what/$who")) journal += "cancelled $what"
        return "cancelled"
    }

    override fun close() = http.stop(0)
}

private fun HttpExchange.reply(
    status: Int,
    text: String,
) {
    sendResponseHeaders(status, text.length.toLong())
    responseBody.write(text.toByteArray())
}
