package dev.reprise.ktor

import dev.reprise.Retry
import dev.reprise.http.HttpRules
import dev.reprise.run.RetryReport
import io.ktor.client.HttpClient
import io.ktor.client.plugins.ResponseException
import io.ktor.client.plugins.api.ClientHook
import io.ktor.client.plugins.api.ClientPlugin
import io.ktor.client.plugins.api.Send
import io.ktor.client.plugins.api.createClientPlugin
import io.ktor.client.request.HttpRequestBuilder
import io.ktor.client.request.HttpRequestPipeline
import io.ktor.client.statement.HttpResponse
import io.ktor.util.AttributeKey
import io.ktor.utils.io.KtorDsl

/** The settings of [RepriseRetry]. */
@KtorDsl
public class RepriseRetryConfig internal constructor() {
    /** Retries the requests of the client. Has to be set. */
    public var retry: Retry? = null

    /** Which outcomes of which requests are retried. Default: [HttpRules.DEFAULT]. */
    public var rules: HttpRules = HttpRules.DEFAULT

    /** The header that carries the 1-based number of the attempt; null for none, which is the default. */
    public var attemptHeader: String? = null

    /**
     * Called before a request is sent again, where it is sent, with the number of requests before it. What it throws is logged and changes nothing.
     * The attribute `http.request.resend_count` is set without it where `retry-micrometer` is on the class path, on the current observation.
     * Default: nothing.
     */
    public var onResend: (Int) -> Unit = {}

    internal fun requests() =
        RetriedRequests(
            requireNotNull(retry) { "no retry is set; write install(RepriseRetry) { retry = … }, or retry = policy.toRetry()" },
            rules,
            attemptHeader,
            onResend,
        )
}

/**
 * Retries the requests of a client as far as the [rules][RepriseRetryConfig.rules] allow, after the delays and within the limits of a
 * [retry][RepriseRetryConfig.retry].
 *
 * ```
 * val client = HttpClient {
 *     install(RepriseRetry) { retry = prices }
 * }
 * ```
 *
 * Both have to agree: the rules judge a status or a failure first, then the rules of the policy judge a failure; `onResult<HttpResponse>`
 * of the policy selects further responses. A response with `Retry-After` is a [RetryHint][dev.reprise.policy.RetryHint]: the next attempt waits
 * at least that long, and `maxRetryAfter` limits it. A request whose body is a stream (`ReadChannelContent`, `WriteChannelContent`,
 * multipart forms among them) is sent once.
 *
 * When the attempts end with a status, the last response is returned, or, with `expectSuccess`, its `ResponseException` is thrown. A failure is
 * thrown unchanged. [retryReport] of the response and `retryReport` of the exception say why there was no further attempt.
 *
 * Other settings for one request: [retry] and [noRetry]. Plugins that are installed after this one see every attempt, `HttpTimeout` for example;
 * those that are installed before it see the run. Ktor limits the requests of a run, redirects included, to 20:
 * `install(HttpSend) { maxSendCount = 100 }` raises that.
 *
 * @throws IllegalStateException from a request if `HttpRequestRetry` is installed too, because the attempts would multiply.
 */
public val RepriseRetry: ClientPlugin<RepriseRetryConfig> =
    createClientPlugin("RepriseRetry", ::RepriseRetryConfig) {
        val default = pluginConfig.requests()

        fun HttpRequestBuilder.requests() =
            when (val choice = attributes.getOrNull(CHOICE)) {
                null -> default
                is Choice.Other -> default.with(choice.retry)
                Choice.None -> null
            }
        // Not where requests are sent: HttpRequestRetry would retry the refusal.
        on(Prepared) { it.requests()?.requireAlone(client, it) }
        on(ResponseErrors) { it.response.retryReport?.let(it::addSuppressed) }
        on(Send) { request -> request.requests()?.send(request, ::proceed) ?: proceed(request) }
    }

/** Retries this request with [other] instead of the retry of the client. */
public fun HttpRequestBuilder.retry(other: Retry) {
    attributes.put(CHOICE, Choice.Other(other))
}

/** Sends this request once. */
public fun HttpRequestBuilder.noRetry() {
    attributes.put(CHOICE, Choice.None)
}

/** Why there was no attempt after this response; null if it was not retried because it is a success or because no rule retries its status. */
public val HttpResponse.retryReport: RetryReport? get() = call.attributes.getOrNull(REPORT)

internal val REPORT = AttributeKey<RetryReport>("RepriseRetryReport")

private val CHOICE = AttributeKey<Choice>("RepriseRetryChoice")

/** The retry of one request. */
private sealed interface Choice {
    class Other(
        val retry: Retry,
    ) : Choice

    data object None : Choice
}

/** Sees a request before it is sent, with what all plugins have set. */
private object Prepared : ClientHook<(HttpRequestBuilder) -> Unit> {
    override fun install(
        client: HttpClient,
        handler: (HttpRequestBuilder) -> Unit,
    ) = client.requestPipeline.intercept(HttpRequestPipeline.Transform) { handler(context) }
}

/** Sees the exceptions that `expectSuccess` throws. */
private object ResponseErrors : ClientHook<(ResponseException) -> Unit> {
    override fun install(
        client: HttpClient,
        handler: (ResponseException) -> Unit,
    ) {
        client.requestPipeline.intercept(HttpRequestPipeline.Before) {
            try {
                proceed()
            } catch (e: ResponseException) {
                handler(e)
                throw e
            }
        }
    }
}
