package dev.reprise.interop;

import dev.reprise.RetryPolicyBuilder;

/**
 * Builds a policy alone: <em>which</em> failures, <em>how long</em> to wait, <em>when to give
 * up</em>, with the calls of {@link RetriesBuilder} and nothing alive around them. Not thread-safe.
 */
public final class PolicyBuilder extends WhenToGiveUp<PolicyBuilder> {
    PolicyBuilder(RetryPolicyBuilder words) {
        super(words, "");
    }
}
