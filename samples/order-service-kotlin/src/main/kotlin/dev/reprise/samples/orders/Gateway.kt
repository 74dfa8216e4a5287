package dev.reprise.samples.orders

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.net.URI
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger

/**
 * A payment gateway on loopback, down until [start]. However often it is called with one idempotency key, it charges once. [onCharge]
 * receives each charge before its caller gets the response.
 */
class Gateway(
    private val onCharge: (order: String) -> Unit = {},
) : AutoCloseable {
    private val address = freeAddress()
    val uri: URI = URI("http://${address.address.hostAddress}:${address.port}/charges")
    val requests = AtomicInteger()
    val charges: Int get() = receipts.size

    /** The receipt of each charge, by its key. */
    private val receipts = ConcurrentHashMap<String, String>()
    private val threads = Executors.newCachedThreadPool { task -> Thread(task).apply { isDaemon = true } }
    private var http: HttpServer? = null

    fun start() {
        http =
            HttpServer.create(address, 0).apply {
                executor = threads
                createContext("/charges", ::answer)
                start()
            }
    }

    private fun answer(exchange: HttpExchange) {
        requests.incrementAndGet()
        val order = exchange.requestBody.readBytes().decodeToString()
        val key = exchange.requestHeaders.getFirst("Idempotency-Key")
        if (charge(key)) onCharge(order)
        val answer = receipts.getValue(key).encodeToByteArray()
        exchange.use {
            it.sendResponseHeaders(200, answer.size.toLong())
            it.responseBody.write(answer)
        }
    }

    /** True if [key] is new. */
    private fun charge(key: String) = synchronized(receipts) { receipts.putIfAbsent(key, "receipt ${receipts.size + 1}") == null }

    override fun close() {
        http?.stop(0)
        threads.shutdownNow()
    }

    private companion object {
        /** A free address: connecting to it is refused because no server listens. */
        fun freeAddress(): InetSocketAddress {
            val loopback = InetAddress.getLoopbackAddress()
            return ServerSocket(0, 1, loopback).use { InetSocketAddress(loopback, it.localPort) }
        }
    }
}
