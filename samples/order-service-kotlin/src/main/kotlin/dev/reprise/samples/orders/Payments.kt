package dev.reprise.samples.orders

import kotlinx.coroutines.future.await
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers

/** Takes the money for orders. */
fun interface Payments {
    /** Returns the receipt. Called again with the same [key], it returns the same receipt and charges nothing. */
    suspend fun charge(
        order: String,
        key: String,
    ): String
}

/** The payments of the gateway at [uri]. */
class GatewayPayments(
    private val uri: URI,
) : Payments {
    private val http = HttpClient.newHttpClient()

    override suspend fun charge(
        order: String,
        key: String,
    ): String {
        val request = HttpRequest
            .newBuilder(uri)
            .header("Idempotency-Key", key)
            .POST(BodyPublishers.ofString(order))
            .build()
        val response = http.sendAsync(request, BodyHandlers.ofString()).await()
        if (response.statusCode() != 200) throw IOException("the gateway returned ${response.statusCode()}")
        return response.body()
    }
}
