package dev.reprise.samples.http

import dev.reprise.policy.RetryHint
import java.io.IOException
import kotlin.time.Duration.Companion.seconds

// docs:begin http-status
class HttpStatusException(
    val status: Int,
    retryAfterHeader: String?,
) : IOException("HTTP $status"),
    RetryHint {
    override val isRetryable = status in setOf(408, 429, 502, 503, 504)
    override val retryAfter = retryAfterHeader?.toLongOrNull()?.seconds
}
// docs:end
