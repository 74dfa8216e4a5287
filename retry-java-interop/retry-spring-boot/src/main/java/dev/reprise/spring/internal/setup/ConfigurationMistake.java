package dev.reprise.spring.internal.setup;

import org.jspecify.annotations.Nullable;

/**
 * The start fails because the application is configured wrongly; the message says how to fix it.
 */
public final class ConfigurationMistake extends IllegalStateException {
    private static final long serialVersionUID = 1;

    /** A mistake without a cause. */
    public ConfigurationMistake(String message) {
        this(message, null);
    }

    /** A mistake with a cause. */
    public ConfigurationMistake(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
