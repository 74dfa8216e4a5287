package dev.reprise.console

import dev.reprise.console.model.Access
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.io.InputStream
import java.net.InetAddress
import java.net.Socket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse

private val client = HttpClient.newHttpClient()

private fun get(
    address: String,
    cookie: String? = null,
): HttpResponse<String> {
    val request = HttpRequest.newBuilder(URI.create(address))
    cookie?.let { request.header("Cookie", it) }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString())
}

/** The status line of a request with a `Host` header of one's choice, which the client of the JDK does not allow. */
private fun statusWithHost(
    port: Int,
    host: String,
    cookie: String,
): String =
    Socket(InetAddress.getLoopbackAddress(), port).use { socket ->
        socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: $host\r\nCookie: $cookie\r\nConnection: close\r\n\r\n".toByteArray())
        socket
            .getInputStream()
            .readAllBytes()
            .decodeToString()
            .lineSequence()
            .first()
    }

class ConsoleServerTest : FunSpec({
    val showcase = Showcase()
    val local = Console(showcase.store) { clock = showcase.clock }

    test("on loopback the token lets one browser in, once") {
        ConsoleServer(local, port = 0).use { server ->
            val address = server.start()
            val root = address.substringBefore('?')

            get(root).status() shouldBe 403
            val document = get(root + "api/v1/counts")
            document.status() to document.headers().firstValue("Content-Type").get() shouldBe (403 to "application/problem+json")
            val first = get(address)
            first.status() shouldBe 303
            val cookie = first.headers().firstValue("Set-Cookie").get()
            cookie shouldContain "; Path=/; HttpOnly; SameSite=Strict"
            get(address).status() shouldBe 403

            val page = get(root, cookie.substringBefore(';'))
            page.status() shouldBe 200
            page.body() shouldContain "<h1>Overview</h1>"
            page.body() shouldContain "can operate"
        }
    }

    test("a name that leads to this address is not let in: only the address itself is") {
        ConsoleServer(local, port = 0).use { server ->
            val address = server.start()
            val port = URI.create(address).port
            val cookie =
                get(address)
                    .headers()
                    .firstValue("Set-Cookie")
                    .get()
                    .substringBefore(';')

            statusWithHost(port, "127.0.0.1:$port", cookie) shouldBe "HTTP/1.1 200 OK"
            statusWithHost(port, "localhost:$port", cookie) shouldBe "HTTP/1.1 200 OK"
            statusWithHost(port, "rebound.example:$port", cookie) shouldBe "HTTP/1.1 403 Forbidden"
            statusWithHost(port, "rebound.example", cookie) shouldBe "HTTP/1.1 403 Forbidden"
        }
    }

    test("any other address needs access") {
        val failure = shouldThrow<IllegalStateException> { ConsoleServer(local, 0, InetAddress.getByName("0.0.0.0")).start() }
        failure.message shouldBe "a console at 0.0.0.0 needs access { request -> … }, because everybody in the network can reach it"
    }

    test("with access there is no token: the console decides about each request") {
        val console = Console(showcase.store) { access { if (it.header("Authorization") == "Bearer ada") Access.Read else Access.None } }
        ConsoleServer(console, port = 0).use { server ->
            val address = server.start()
            get(address).status() shouldBe 403
            val request = HttpRequest.newBuilder(URI.create(address)).header("Authorization", "Bearer ada")
            client.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode() shouldBe 200
        }
    }

    test("access knows where a request comes from") {
        val console = Console(showcase.store) { access { if (it.remoteAddress == "127.0.0.1") Access.Read else Access.None } }
        ConsoleServer(console, port = 0).use { server -> get(server.start()).status() shouldBe 200 }
    }

    test("live updates arrive while the response continues") {
        val console = Console(showcase.store) { access { Access.Read } }
        ConsoleServer(console, port = 0).use { server ->
            val request = HttpRequest.newBuilder(URI.create(server.start() + "live?view=workers")).build()
            client.send(request, HttpResponse.BodyHandlers.ofInputStream()).body().use { stream: InputStream ->
                stream.bufferedReader().lineSequence().first { it.startsWith("data:") } shouldContain "\"id\":\"workers\""
            }
        }
    }
})

private fun HttpResponse<*>.status() = statusCode()
