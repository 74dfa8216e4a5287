package dev.reprise.samples.http

import dev.reprise.http.HttpRules
import dev.reprise.http.RetryAfter
import dev.reprise.policy.RetryHint
import java.io.IOException

// docs:begin http-status
class HttpStatusException(
    val status: Int,
    isIdempotent: Boolean,
    retryAfterHeader: String?,
) : IOException("HTTP $status"),
    RetryHint {
    override val retryAfter = RetryAfter.parse(retryAfterHeader)
    override val isRetryable = HttpRules.DEFAULT.retriesStatus(status, isIdempotent, hasRetryAfter = retryAfter != null)
}
// docs:end
