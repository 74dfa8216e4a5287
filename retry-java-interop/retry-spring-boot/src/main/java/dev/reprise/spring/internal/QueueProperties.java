package dev.reprise.spring.internal;

import dev.reprise.NamedPolicies;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import dev.reprise.spring.internal.setup.RepriseProperties;

/** Passes the properties of the queue to its builder. */
final class QueueProperties {
    private QueueProperties() {}

    static void apply(
            RepriseProperties.Queue queue, NamedPolicies policies, QueueRunner.Builder builder) {
        builder.retention(queue.retention()).pollInterval(queue.pollInterval());
        queue.lanes().forEach((name, lane) -> builder.lane(name, lane.concurrency()));
        if (queue.workerName() != null) {
            builder.workerName(queue.workerName());
        }
        String policy = queue.defaultPolicy();
        if (policy != null) {
            applyPolicy(policy, policies, builder);
        }
    }

    private static void applyPolicy(
            String policy, NamedPolicies policies, QueueRunner.Builder builder) {
        try {
            if (isNotation(policy)) {
                builder.policy(policy);
            } else {
                builder.policy(policies.policy(policy));
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigurationMistake("reprise.queue.default-policy: " + e.getMessage(), e);
        }
    }

    /** As in {@code @RetryWith}: a name is a word. */
    private static boolean isNotation(String policy) {
        return policy.chars().anyMatch(c -> c == '(' || Character.isWhitespace(c));
    }
}
