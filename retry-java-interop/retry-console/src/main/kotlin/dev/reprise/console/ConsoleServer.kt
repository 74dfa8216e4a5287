package dev.reprise.console

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import dev.reprise.console.internal.http.LocalGuard
import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.ConsoleResponse
import dev.reprise.policy.RepriseSpi
import dev.reprise.run.ForeignCode
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors

/**
 * Serves a [Console] with the HTTP server of the JDK.
 *
 * On loopback (the default) and without `access` in the console, [start] returns an address with a token, which the first browser that opens it
 * exchanges for a cookie; only that browser can operate. Any other address needs `access`, and something in front of it that encrypts.
 */
public class ConsoleServer
    @JvmOverloads
    constructor(
        private val console: Console,
        /** The port; 0 for any that is free. */
        private val port: Int = DEFAULT_PORT,
        /** The address to listen at. Default: loopback. */
        private val address: InetAddress = InetAddress.getLoopbackAddress(),
    ) : AutoCloseable {
        private var server: HttpServer? = null
        private var threads: ExecutorService? = null

        /**
         * Starts to serve; returns the address to open in a browser.
         *
         * @throws IllegalStateException if the address is not loopback and the console has no `access`, or if it was started before.
         * @throws IOException if the port is taken.
         */
        public fun start(): String {
            check(server == null) { "the server was started before; create another one" }
            check(console.settings.access != null || address.isLoopbackAddress) {
                "a console at ${address.hostAddress} needs access { request -> … }, because everybody in the network can reach it"
            }
            val http = HttpServer.create(InetSocketAddress(address, port), BACKLOG)
            val host = if (address.isLoopbackAddress) "127.0.0.1" else address.hostAddress
            val guard = if (console.settings.access == null) LocalGuard(http.address.port) else null
            threads = Executors.newCachedThreadPool(::serverThread)
            http.executor = threads
            http.createContext("/") { exchange -> exchange.use { serve(it, guard) } }
            http.start()
            server = http
            return "http://$host:${http.address.port}/" + guard?.query.orEmpty()
        }

        @OptIn(RepriseSpi::class)
        private fun serve(
            exchange: HttpExchange,
            guard: LocalGuard?,
        ) {
            val request = requestOf(exchange, localUser = if (guard == null) null else System.getProperty("user.name"))
            val response =
                guard?.check(request) ?: ForeignCode.runToEnd { console.handle(request, if (guard == null) null else Access.Operate()) }
            try {
                send(exchange, response)
            } catch (_: IOException) {
                // The browser has left, which is how streams end.
            }
        }

        private fun requestOf(
            exchange: HttpExchange,
            localUser: String?,
        ): ConsoleRequest {
            val builder =
                ConsoleRequest
                    .builder(exchange.requestMethod, exchange.requestURI.rawPath)
                    .user(localUser)
                    .remoteAddress(exchange.remoteAddress.address?.hostAddress)
                    .query(exchange.requestURI.rawQuery)
                    .body(exchange.requestBody.readNBytes(ConsoleRequest.LARGEST_BODY + 1))
            exchange.requestHeaders.forEach { (name, values) -> values.forEach { builder.header(name, it) } }
            return builder.build()
        }

        private fun send(
            exchange: HttpExchange,
            response: ConsoleResponse,
        ) {
            response.headers.forEach { (name, value) -> exchange.responseHeaders.add(name, value) }
            val length =
                when {
                    response.isStream -> 0L
                    response.body.isEmpty() -> NO_BODY
                    else -> response.body.size.toLong()
                }
            exchange.sendResponseHeaders(response.status, length)
            if (length != NO_BODY) response.writeTo(exchange.responseBody)
        }

        /** Stops to serve. Streams end. */
        override fun close() {
            server?.stop(0)
            threads?.shutdownNow()
        }

        public companion object {
            /** The port if none is set. */
            public const val DEFAULT_PORT: Int = 8170

            private const val BACKLOG = 50
            private const val NO_BODY = -1L
        }
    }

private inline fun HttpExchange.use(block: (HttpExchange) -> Unit) {
    try {
        block(this)
    } finally {
        close()
    }
}

/** Inherits neither thread locals nor a class loader from the thread that happens to need the first one. */
private fun serverThread(task: Runnable): Thread =
    Thread(null, task, "console", 0, false).apply {
        isDaemon = true
        contextClassLoader = ConsoleServer::class.java.classLoader
    }
