package dev.reprise.samples

import dev.reprise.policy.RetryHint
import kotlinx.coroutines.future.await
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** What the order desk needs from a server. */
fun interface Orders {
    /** Places [order] and returns the receipt. */
    suspend fun place(order: String): String
}

/** The server is busy, and can say until when. */
class BusyException(
    override val retryAfter: Duration?,
) : IOException("503, come back in ${retryAfter ?: "a while"}"),
    RetryHint

/** Orders over HTTP. One call is one request: the caller decides about retries. */
class OrderClient(
    private val server: URI,
) : Orders {
    private val http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()

    override suspend fun place(order: String): String {
        val request = HttpRequest.newBuilder(server).POST(BodyPublishers.ofString(order)).build()
        val response = http.sendAsync(request, BodyHandlers.ofString()).await()
        return when (response.statusCode()) {
            200 -> {
                response.body()
            }

            503 -> {
                val retryAfter = response.headers().firstValueAsLong("Retry-After")
                throw BusyException(if (retryAfter.isPresent) retryAfter.asLong.seconds else null)
            }

            else -> {
                throw IOException("the server returned ${response.statusCode()}")
            }
        }
    }
}
