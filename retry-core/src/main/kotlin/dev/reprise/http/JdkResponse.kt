package dev.reprise.http

import dev.reprise.policy.RepriseSpi
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublisher
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.util.concurrent.Flow

/** True if the body of this request can be sent only once: that is known of a body that the JDK made from a publisher. */
internal val HttpRequest.isSentOnce: Boolean get() = bodyPublisher().map { it.javaClass == once }.orElse(false)

/** The class of the bodies that `BodyPublishers.fromPublisher` returns. */
private val once: Class<out BodyPublisher> = BodyPublishers.fromPublisher(Flow.Publisher { }).javaClass

/** A [response] of the JDK's client that [HttpRules] judge. */
@OptIn(RepriseSpi::class)
internal open class JdkResponse<T>(
    val response: HttpResponse<T>,
    adapter: HttpAdapter,
) : HttpResponse<T> by response,
    JudgedResponse {
    final override val answer = adapter.answer(response.statusCode()) { response.headers().firstValue(it).orElse(null) }

    override fun toString(): String = response.toString()

    companion object {
        fun <T> of(
            response: HttpResponse<T>,
            adapter: HttpAdapter,
        ): JdkResponse<T> = if (response.body() is AutoCloseable) OpenResponse(response, adapter) else JdkResponse(response, adapter)
    }
}

/** A response with a body that holds its connection until it is closed. */
@OptIn(RepriseSpi::class)
private class OpenResponse<T>(
    response: HttpResponse<T>,
    adapter: HttpAdapter,
) : JdkResponse<T>(response, adapter),
    AutoCloseable {
    override fun close() = (body() as AutoCloseable).close()
}
