package dev.reprise

import dev.reprise.internal.policy.PolicySpec
import dev.reprise.policy.RepriseSpi

/** Builds a [RetryPolicy] alone: in Kotlin with `retryPolicy { }`, in Java with `RetryPolicy.builder()`. Not thread-safe. */
@OptIn(RepriseSpi::class)
public class RetryPolicyBuilder internal constructor() : PolicyOptions<RetryPolicyBuilder>(PolicySpec()) {
    /**
     * Builds the policy. The builder can be changed afterwards; the policy stays unchanged.
     *
     * @throws IllegalArgumentException if the policy has no limit, or two settings contradict each other; the message says how to fix it.
     */
    public fun build(): RetryPolicy = RetryPolicy(spec.build())
}
