package dev.reprise.samples.trip

import dev.reprise.retry
import kotlinx.coroutines.future.await
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import kotlin.time.Duration.Companion.milliseconds

class SoldOutException(
    message: String,
) : Exception(message)

/** Books and cancels over HTTP, and retries while the server is busy. */
class BookingDesk(
    private val server: URI,
) {
    private val http = HttpClient.newHttpClient()
    private val patiently =
        retry {
            on<IOException>()
            every(20.milliseconds)
            maxAttempts(5)
        }

    suspend fun book(
        what: String,
        who: String,
    ): String = ask(HttpRequest.newBuilder(server.resolve("$what/$who")).PUT(BodyPublishers.noBody()))

    suspend fun cancel(booking: String) {
        ask(HttpRequest.newBuilder(server.resolve(booking)).DELETE())
    }

    private suspend fun ask(request: HttpRequest.Builder): String =
        patiently {
            val response = http.sendAsync(request.build(), BodyHandlers.ofString()).await()
            when (response.statusCode()) {
                200 -> response.body()
                409 -> throw SoldOutException(response.body())
                else -> throw IOException("the server returned ${response.statusCode()}")
            }
        }
}
