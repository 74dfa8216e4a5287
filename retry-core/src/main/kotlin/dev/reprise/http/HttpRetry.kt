package dev.reprise.http

import dev.reprise.Retry
import dev.reprise.RetryPolicy
import dev.reprise.internal.util.fromStage
import dev.reprise.policy.RepriseSpi
import dev.reprise.run.Attempt
import kotlinx.coroutines.future.await
import java.io.IOException
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublisher
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandler
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Flow
import java.util.function.IntConsumer
import kotlin.coroutines.cancellation.CancellationException

/**
 * Sends requests with the `HttpClient` of the JDK and retries what [HttpRules] allow, after the delays and within the limits of a retry.
 * Immutable, thread-safe.
 *
 * Both have to agree: the rules judge a status or a failure first, then the rules of the policy judge a failure. A response with
 * `Retry-After` is a [RetryHint][dev.reprise.policy.RetryHint]: the next attempt waits at least that long, and `maxRetryAfter` limits it.
 *
 * When the attempts end with a status, the last response is returned, as the client does without retries; see [throwing]. A failure is thrown
 * unchanged; its [RetryReport][dev.reprise.run.RetryReport] says why there was no further attempt.
 *
 * The body of a response that is followed by another attempt is closed if it is `AutoCloseable`, such as an `InputStream`. A request whose
 * body was made by `BodyPublishers.fromPublisher` is sent once.
 */
@OptIn(RepriseSpi::class)
public class HttpRetry private constructor(
    private val retry: Retry,
    private val rules: HttpRules,
    private val throws: Boolean,
    private val attemptHeader: String?,
    private val resent: IntConsumer?,
) {
    private val adapter = HttpAdapter(retry, rules, returnsLast = !throws)

    /** Sends requests with [retry], as far as [rules] allow. */
    @JvmOverloads
    public constructor(
        retry: Retry,
        rules: HttpRules = HttpRules.DEFAULT,
    ) : this(retry, rules, throws = false, attemptHeader = null, resent = null)

    /** Sends requests with [policy], as far as [rules] allow. */
    @JvmOverloads
    public constructor(policy: RetryPolicy, rules: HttpRules = HttpRules.DEFAULT) : this(policy.toRetry(), rules)

    /**
     * Returns an [HttpRetry] that throws a [RetryExhaustedException][dev.reprise.policy.RetryExhaustedException] if attempts end with a status
     * that the rules retry. A status that they do not retry, such as 404, is returned.
     */
    public fun throwing(): HttpRetry = HttpRetry(retry, rules, throws = true, attemptHeader, resent)

    /**
     * Returns an [HttpRetry] that sends the 1-based number of the attempt in the header [name].
     *
     * @throws IllegalArgumentException if the client does not allow a header of this name.
     */
    public fun attemptHeader(name: String): HttpRetry = HttpRetry(retry, rules, throws, name.also(::requireHeader), resent)

    /**
     * Returns an [HttpRetry] that calls [hook] before a request is sent again, where it is sent, with the number of requests before it. What it
     * throws is logged and changes nothing. The attribute `http.request.resend_count` is set without it where `retry-micrometer` is on the class
     * path, on the current observation.
     */
    public fun onResend(hook: IntConsumer): HttpRetry = HttpRetry(retry, rules, throws, attemptHeader, hook)

    /** Sends [request] with [client] until a response is not retried, and returns it. Delays suspend; see `Retry.invoke`. */
    @JvmSynthetic
    public suspend fun <T> send(
        client: HttpClient,
        request: HttpRequest,
        handler: BodyHandler<T>,
    ): HttpResponse<T> = retryOf(request).invoke { JdkResponse.of(exchange(client, numbered(request), handler), adapter) }.response

    /** Sends [request] on the calling thread, which sleeps between the attempts; see `Retry.callBlocking`. */
    @Throws(IOException::class, InterruptedException::class)
    public fun <T> sendBlocking(
        client: HttpClient,
        request: HttpRequest,
        handler: BodyHandler<T>,
    ): HttpResponse<T> = retryOf(request).callBlocking { JdkResponse.of(client.send(numbered(request), handler), adapter) }.response

    /** Sends [request]; no thread waits. Cancelling the future cancels the request that is running or the delay. */
    public fun <T> sendAsync(
        client: HttpClient,
        request: HttpRequest,
        handler: BodyHandler<T>,
    ): CompletableFuture<HttpResponse<T>> {
        val run = retryOf(request).callAsync { judged(client.sendAsync(numbered(request), handler), adapter) }
        val result = Linked<HttpResponse<T>>(run)
        run.whenComplete { judged, failure ->
            if (failure ==
                null
            ) {
                result.complete(judged.response)
            } else {
                result.completeExceptionally(failure)
            }
        }
        return result
    }

    private fun retryOf(request: HttpRequest): Retry = adapter.retryOf(request.method(), request.headers().map().keys, request.isSentOnce)

    private fun Attempt.numbered(request: HttpRequest): HttpRequest {
        adapter.sending(this, resent)
        if (attemptHeader == null) return request
        return HttpRequest.newBuilder(request) { _, _ -> true }.setHeader(attemptHeader, "$number").build()
    }

    override fun toString(): String = "HttpRetry($retry)"
}

/** A response that arrives when its attempt is cancelled already is closed: its body would keep the connection. */
private suspend fun <T> exchange(
    client: HttpClient,
    request: HttpRequest,
    handler: BodyHandler<T>,
): HttpResponse<T> {
    val response = client.sendAsync(request, handler)
    try {
        return response.await()
    } catch (e: CancellationException) {
        response.thenAccept { (it.body() as? AutoCloseable)?.close() }
        throw e
    }
}

/** The response of [exchange] as the policy judges it. Cancelling it cancels the exchange. */
@OptIn(RepriseSpi::class)
private fun <T> judged(
    exchange: CompletableFuture<HttpResponse<T>>,
    adapter: HttpAdapter,
): CompletableFuture<JdkResponse<T>> {
    val judged = Linked<JdkResponse<T>>(exchange)
    exchange.whenComplete { response, failure ->
        when {
            failure != null -> judged.completeExceptionally(failure.fromStage())
            !judged.complete(JdkResponse.of(response, adapter)) -> (response.body() as? AutoCloseable)?.close()
        }
    }
    return judged
}

/** A future that passes its cancellation on to [source]. */
private class Linked<T>(
    private val source: CompletableFuture<*>,
) : CompletableFuture<T>() {
    override fun cancel(mayInterruptIfRunning: Boolean): Boolean =
        super.cancel(mayInterruptIfRunning).also { source.cancel(mayInterruptIfRunning) }
}

private fun requireHeader(name: String) {
    HttpRequest.newBuilder().setHeader(name, "1")
}

/** True if the body of this request can be sent only once: that is known of a body that the JDK made from a publisher. */
private val HttpRequest.isSentOnce: Boolean get() = bodyPublisher().map { it.javaClass == once }.orElse(false)

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
