package dev.reprise.http

import dev.reprise.internal.policy.NetworkFailure
import dev.reprise.internal.policy.NetworkTable
import java.util.TreeMap

/**
 * Which outcomes of an HTTP request can be retried: a pure function of the method, of whether the request is idempotent, and of the outcome.
 * Immutable; it prints itself as a table.
 *
 * A request is idempotent if repeating it does no harm: because of its method (default: `GET`, `HEAD`, `OPTIONS`, `TRACE`, `PUT`, `DELETE`),
 * or because it has a header by which the server recognises a repetition (default: `Idempotency-Key`).
 */
public class HttpRules private constructor(
    private val statuses: Map<Int, Repeat>,
    private val methods: Set<String>,
    private val keys: Set<String>,
    internal val readsRateLimitReset: Boolean,
) {
    /** The requests for which a status is retried. */
    private enum class Repeat(
        val text: String,
    ) {
        ANY("retry"),
        WITH_RETRY_AFTER("only with `Retry-After`"),
        IDEMPOTENT("no"),
    }

    /** True if a request with this [method] and headers of these names is idempotent. */
    public fun isIdempotent(
        method: String,
        headers: Collection<String> = emptyList(),
    ): Boolean = method in methods || headers.any { header -> keys.any { it.equals(header, ignoreCase = true) } }

    /** True if a response with this [status] is retried; [hasRetryAfter] if it has a readable header `Retry-After`. */
    public fun retriesStatus(
        status: Int,
        isIdempotent: Boolean,
        hasRetryAfter: Boolean,
    ): Boolean =
        when (statuses[status]) {
            null -> false
            Repeat.ANY -> true
            Repeat.WITH_RETRY_AFTER -> isIdempotent || hasRetryAfter
            Repeat.IDEMPOTENT -> isIdempotent
        }

    /** True if a request that ended with [failure] instead of a response is retried. */
    public fun retriesFailure(
        failure: Throwable,
        isIdempotent: Boolean,
    ): Boolean = objection(failure, isIdempotent) == null

    /** Why a request that ended with [failure] is not retried; null if it is. */
    internal fun objection(
        failure: Throwable,
        isIdempotent: Boolean,
    ): String? =
        when (NetworkTable.findHttp(failure)) {
            NetworkFailure.NOT_PROCESSED -> null
            NetworkFailure.LOST -> "the request is not idempotent and can have been processed".takeIf { !isIdempotent }
            else -> "not a failure of the connection that another attempt can fix"
        }

    /**
     * Returns these rules, which also retry these [statuses] if the request is idempotent: `500`, for a server that returns it for passing
     * problems.
     *
     * @throws IllegalArgumentException if one of them is not from 400 to 599.
     */
    public fun retrying(vararg statuses: Int): HttpRules {
        statuses.forEach(::requireFailure)
        return copy(statuses = this.statuses + statuses.associateWith { this.statuses[it] ?: Repeat.IDEMPOTENT })
    }

    /** Returns these rules, which do not retry these [statuses]. */
    public fun notRetrying(vararg statuses: Int): HttpRules = copy(statuses = this.statuses - statuses.toSet())

    /** Returns these rules, which treat requests with these [methods] as idempotent too: `POST` for a service whose POSTs only read. */
    public fun idempotent(vararg methods: String): HttpRules = copy(methods = this.methods + methods)

    /** Returns these rules, which treat requests with one of these [headers] as idempotent too. */
    public fun idempotencyKeys(vararg headers: String): HttpRules = copy(keys = keys + headers)

    /**
     * Returns these rules, which read when the limit of a 429 is reset from `RateLimit-Reset` or `X-RateLimit-Reset`, if there is no readable
     * `Retry-After`: seconds, or a Unix timestamp.
     */
    public fun rateLimitReset(): HttpRules = copy(readsRateLimitReset = true)

    private fun copy(
        statuses: Map<Int, Repeat> = this.statuses,
        methods: Set<String> = this.methods,
        keys: Set<String> = this.keys,
        readsRateLimitReset: Boolean = this.readsRateLimitReset,
    ) = HttpRules(statuses, methods, keys, readsRateLimitReset)

    /** The table, in Markdown. */
    override fun toString(): String =
        buildString {
            appendLine("| outcome | ${methods.joinToString()}, or any request with ${keys.joinToString { "`$it`" }} | other requests |")
            appendLine("|---|---|---|")
            appendLine(
                "| connection refused, unknown host, connect timeout, HTTP/2 stream refused: the request was not processed | retry | retry |",
            )
            appendLine("| connection lost, or timeout after the request was sent | retry | no |")
            for ((repeat, same) in TreeMap(statuses).entries.groupBy({ it.value }, { it.key })) {
                appendLine("| ${same.joinToString()} | retry | ${repeat.text} |")
            }
            append("| other statuses, errors of TLS and of the protocol, cancellation | no | no |")
        }

    public companion object {
        /** 408, 429, 502, 503 and 504 are retried; without idempotency only 429, and 503 with `Retry-After`. */
        @JvmField
        public val DEFAULT: HttpRules =
            HttpRules(
                mapOf(
                    408 to Repeat.IDEMPOTENT,
                    429 to Repeat.ANY,
                    502 to Repeat.IDEMPOTENT,
                    503 to Repeat.WITH_RETRY_AFTER,
                    504 to Repeat.IDEMPOTENT,
                ),
                linkedSetOf("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"),
                linkedSetOf("Idempotency-Key"),
                readsRateLimitReset = false,
            )

        private fun requireFailure(status: Int) =
            require(
                status in 400..599,
            ) { "a status that is retried must be from 400 to 599, but was $status; use onResult of the policy for others" }
    }
}
