package dev.reprise.spring.internal.retry;

import dev.reprise.NamedPolicies;
import dev.reprise.policy.Lint;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import java.util.Map;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/** Parses {@code reprise.policies}. */
public final class Policies {
    private static final Log log = LogFactory.getLog("dev.reprise.spring");

    private Policies() {}

    /** Returns the policies, and logs their lints. */
    public static NamedPolicies parse(
            Map<String, String> notations, @Nullable ClassLoader classes) {
        NamedPolicies policies;
        try {
            policies = NamedPolicies.parse(notations, classes);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationMistake(withPropertyNames(e.getMessage()), e);
        }
        policies.getNames().forEach(name -> warn(policies, name));
        return policies;
    }

    /** In the message, each mistake starts with the name of its policy. */
    private static String withPropertyNames(@Nullable String message) {
        return String.valueOf(message).replaceAll("(?m)^policy '([^']*)':", "reprise.policies.$1:");
    }

    private static void warn(NamedPolicies policies, String name) {
        for (Lint lint : policies.policy(name).explain().getLints()) {
            log.warn("reprise.policies." + name + ": " + lint.getMessage());
        }
    }
}
