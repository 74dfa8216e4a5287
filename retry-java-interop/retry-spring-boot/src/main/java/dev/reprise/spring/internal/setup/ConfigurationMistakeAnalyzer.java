package dev.reprise.spring.internal.setup;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints the message of a mistake instead of a stack trace. */
final class ConfigurationMistakeAnalyzer extends AbstractFailureAnalyzer<ConfigurationMistake> {
    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, ConfigurationMistake cause) {
        return new FailureAnalysis(cause.getMessage(), null, cause);
    }
}
