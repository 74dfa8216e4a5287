package dev.reprise.samples

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.net.URI
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger

/** How the server treats one request. */
enum class Mood { Busy, Silent, Slow, Well }

/**
 * An order server on loopback, down until [start]. Each request meets the next of [moods]; the last one stays. [onRequest] receives the
 * number of each request as it comes in.
 */
class FlakyServer(
    private vararg val moods: Mood,
    private val onRequest: (Int) -> Unit = {},
) : AutoCloseable {
    val address: InetSocketAddress = freeAddress()
    val uri: URI = URI("http://${address.address.hostAddress}:${address.port}/orders")
    val requests: Int get() = count.get()

    private val count = AtomicInteger()
    private val closed = CountDownLatch(1)
    private val threads = Executors.newCachedThreadPool { task -> Thread(task).apply { isDaemon = true } }
    private var http: HttpServer? = null

    fun start() {
        http =
            HttpServer.create(address, 0).apply {
                executor = threads
                createContext("/orders", ::answer)
                start()
            }
    }

    private fun answer(exchange: HttpExchange) {
        val number = count.incrementAndGet()
        onRequest(number)
        when (moods[minOf(number, moods.size) - 1]) {
            Mood.Busy -> exchange.responseHeaders.add("Retry-After", "1").also { exchange.reply(503, "come back later") }
            Mood.Silent -> closed.await()
            Mood.Slow -> Thread.sleep(250).also { exchange.reply(200, "order $number is in") }
            Mood.Well -> exchange.reply(200, "order $number is in")
        }
        exchange.close()
    }

    override fun close() {
        closed.countDown()
        http?.stop(0)
        threads.shutdownNow()
    }
}

private fun HttpExchange.reply(
    status: Int,
    text: String,
) {
    sendResponseHeaders(status, text.length.toLong())
    responseBody.write(text.toByteArray())
}

/** A free address: connecting to it is refused because no server listens. */
private fun freeAddress(): InetSocketAddress {
    val loopback = InetAddress.getLoopbackAddress()
    return ServerSocket(0, 1, loopback).use { InetSocketAddress(loopback, it.localPort) }
}
