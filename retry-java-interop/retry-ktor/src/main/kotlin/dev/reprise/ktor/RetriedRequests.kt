package dev.reprise.ktor

import dev.reprise.Retry
import dev.reprise.http.HttpAdapter
import dev.reprise.http.HttpRules
import dev.reprise.run.Attempt
import dev.reprise.run.RetryOutcome
import io.ktor.client.HttpClient
import io.ktor.client.call.HttpClientCall
import io.ktor.client.plugins.HttpRequestRetry
import io.ktor.client.plugins.pluginOrNull
import io.ktor.client.request.HttpRequestBuilder
import io.ktor.client.utils.unwrapCancellationException
import io.ktor.http.content.OutgoingContent
import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlin.coroutines.cancellation.CancellationException

/** Sends requests with one [retry]. */
internal class RetriedRequests(
    private val retry: Retry,
    private val rules: HttpRules,
    private val attemptHeader: String?,
    private val onResend: (Int) -> Unit,
) {
    private val adapter = HttpAdapter(retry, rules)

    fun with(other: Retry) = RetriedRequests(other, rules, attemptHeader, onResend)

    suspend fun send(
        request: HttpRequestBuilder,
        proceed: suspend (HttpRequestBuilder) -> HttpClientCall,
    ): HttpClientCall {
        val run = adapter.retryOf(request.method.value, request.headers.names(), isSentOnce(request.body))
        val outcome =
            run.outcome {
                val call = attempt(request, proceed)
                JudgedKtorResponse(call.response, adapter)
            }
        val call = outcome.getOrThrow().response.call
        (outcome as RetryOutcome.Success).report?.let { call.attributes.put(REPORT, it) }
        return call
    }

    private suspend fun Attempt.attempt(
        request: HttpRequestBuilder,
        proceed: suspend (HttpRequestBuilder) -> HttpClientCall,
    ): HttpClientCall {
        val copy = copyOf(request)
        attemptHeader?.let { copy.headers[it] = "$number" }
        adapter.sending(this, onResend)
        try {
            return proceed(copy)
        } catch (e: CancellationException) {
            // Ktor cancels a request that takes too long; the timeout is the cause. The end of this attempt or of its caller is not.
            currentCoroutineContext().ensureActive()
            throw e.unwrapCancellationException()
        }
    }

    /** @throws IllegalStateException if [client] retries [request] by a plugin of Ktor too. */
    fun requireAlone(
        client: HttpClient,
        request: HttpRequestBuilder,
    ) {
        client.pluginOrNull(HttpRequestRetry) ?: return
        val own = retry.policy.simulate(retries = MOST).attempts
        val retries =
            request.attributes.allKeys
                .find { it.name == KTOR_RETRIES }
                ?.let(request.attributes::get) as? Int
        val calls = retries?.let { "${own * (it + 1L)} requests instead of $own" } ?: "$own requests times those of HttpRequestRetry"
        error("RepriseRetry and HttpRequestRetry are both installed, which can make $calls; remove one of them from the client")
    }

    private companion object {
        const val MOST = 1000

        /** Where `HttpRequestRetry` puts its limit. */
        const val KTOR_RETRIES = "MaxRetriesPerRequestAttributeKey"
    }
}

/** A copy of [request] that ends with it. */
private fun copyOf(request: HttpRequestBuilder): HttpRequestBuilder {
    val copy = HttpRequestBuilder().takeFrom(request)
    val job = copy.executionContext as CompletableJob
    request.executionContext.invokeOnCompletion { if (it == null) job.complete() else job.completeExceptionally(it) }
    return copy
}

/** True if [body] is a stream, which can be sent only once. */
private fun isSentOnce(body: Any): Boolean =
    when (body) {
        is OutgoingContent.ContentWrapper -> isSentOnce(body.delegate())
        is OutgoingContent.NoContent, is OutgoingContent.ByteArrayContent -> false
        else -> true
    }
