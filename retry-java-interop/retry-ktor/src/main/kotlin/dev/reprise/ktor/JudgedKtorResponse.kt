package dev.reprise.ktor

import dev.reprise.http.HttpAdapter
import dev.reprise.http.JudgedResponse
import io.ktor.client.call.HttpClientCall
import io.ktor.client.statement.HttpResponse
import io.ktor.http.Headers
import io.ktor.http.HttpProtocolVersion
import io.ktor.http.HttpStatusCode
import io.ktor.util.date.GMTDate
import io.ktor.utils.io.ByteReadChannel
import io.ktor.utils.io.InternalAPI
import kotlinx.coroutines.cancel
import kotlin.coroutines.CoroutineContext

/** A [response] of Ktor's client as rules and listeners of a policy see it. */
internal class JudgedKtorResponse(
    val response: HttpResponse,
    adapter: HttpAdapter,
) : HttpResponse(),
    JudgedResponse,
    AutoCloseable {
    override val answer = adapter.answer(response.status.value) { response.headers[it] }
    override val call: HttpClientCall get() = response.call
    override val status: HttpStatusCode get() = response.status
    override val version: HttpProtocolVersion get() = response.version
    override val requestTime: GMTDate get() = response.requestTime
    override val responseTime: GMTDate get() = response.responseTime
    override val headers: Headers get() = response.headers
    override val coroutineContext: CoroutineContext get() = response.coroutineContext

    @InternalAPI
    override val rawContent: ByteReadChannel get() = response.rawContent

    /** Ends the request, which holds its connection until its body has been read. */
    override fun close() = call.cancel()
}
