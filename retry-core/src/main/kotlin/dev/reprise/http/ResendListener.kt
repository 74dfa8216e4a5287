package dev.reprise.http

import dev.reprise.policy.RepriseSpi

/**
 * Is notified when a request is about to be sent again, by each adapter of an HTTP client, where the request is sent. Implementations are found by
 * `java.util.ServiceLoader`, once per process: that of `retry-micrometer` sets `http.request.resend_count`. What they throw is logged and changes
 * nothing for the run.
 */
@SubclassOptInRequired(RepriseSpi::class)
public interface ResendListener {
    /** The request is sent again after [count] requests. */
    public fun onResend(count: Int)
}
