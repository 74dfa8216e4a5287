package dev.reprise.http

import dev.reprise.internal.policy.Judge
import dev.reprise.policy.RetryHint
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublisher
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.util.concurrent.Flow

/** What can be repeated of a request. */
internal enum class Repeatability {
    /** The request does no harm if it is processed twice. */
    IDEMPOTENT,

    /** It can be sent again if it was not processed. */
    REPEATABLE,

    /** Its body exists once. */
    ONCE,
}

/** [rules] for requests of one [kind]. */
internal class HttpJudge(
    private val rules: HttpRules,
    private val kind: Repeatability,
) : Judge {
    private val isIdempotent = kind == Repeatability.IDEMPOTENT

    override fun objection(failure: Throwable): String? =
        if (kind == Repeatability.ONCE) "the body of the request can be sent only once" else rules.objection(failure, isIdempotent)

    override fun rejects(result: Any?): Boolean =
        kind != Repeatability.ONCE && result is JudgedResponse<*> &&
            rules.retriesStatus(result.statusCode(), isIdempotent, result.hasRetryAfter)
}

/** What can be repeated of this request. Only a body that the JDK made from a publisher is known to exist once. */
internal fun HttpRequest.repeatability(rules: HttpRules): Repeatability =
    when {
        bodyPublisher().map { it.javaClass == once }.orElse(false) -> Repeatability.ONCE
        rules.isIdempotent(method(), headers().map().keys) -> Repeatability.IDEMPOTENT
        else -> Repeatability.REPEATABLE
    }

/** The class of the bodies that `BodyPublishers.fromPublisher` returns. */
private val once: Class<out BodyPublisher> = BodyPublishers.fromPublisher(Flow.Publisher { }).javaClass

/** A [response] that asks for a delay by its headers. */
internal open class JudgedResponse<T>(
    val response: HttpResponse<T>,
    rules: HttpRules,
) : HttpResponse<T> by response,
    RetryHint {
    private val asked = RetryAfter.parse(header("Retry-After"), header("Date"))
    val hasRetryAfter: Boolean get() = asked != null
    override val retryAfter = asked ?: if (rules.readsRateLimitReset && response.statusCode() == TOO_MANY) reset() else null

    private fun header(name: String) = response.headers().firstValue(name).orElse(null)

    private fun reset() = resets.firstNotNullOfOrNull { RetryAfter.parseReset(header(it), header("Date")) }

    override fun toString(): String = response.toString()

    companion object {
        private const val TOO_MANY = 429
        private val resets = listOf("RateLimit-Reset", "X-RateLimit-Reset")

        fun <T> of(
            response: HttpResponse<T>,
            rules: HttpRules,
        ): JudgedResponse<T> = if (response.body() is AutoCloseable) OpenResponse(response, rules) else JudgedResponse(response, rules)
    }
}

/** A response with a body that holds its connection until it is closed. */
private class OpenResponse<T>(
    response: HttpResponse<T>,
    rules: HttpRules,
) : JudgedResponse<T>(response, rules),
    AutoCloseable {
    override fun close() = (body() as AutoCloseable).close()
}
