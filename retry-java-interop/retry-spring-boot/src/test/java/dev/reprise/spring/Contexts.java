package dev.reprise.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.util.ClassUtils;

/** Applications with what the starters configure. */
final class Contexts {
    private static final String INTERNAL = "dev.reprise.spring.internal.";

    private Contexts() {}

    static ApplicationContextRunner application() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(configurations()));
    }

    static Class<?>[] configurations() {
        return new Class<?>[] {
            load("RepriseAutoConfiguration"),
            load("handlers.JsonAutoConfiguration"),
            load("RepriseQueueAutoConfiguration"),
            load("WorkflowsAutoConfiguration"),
            load("console.ConsoleAutoConfiguration"),
            load("metrics.MetricsAutoConfiguration"),
            load("EndpointAutoConfiguration")
        };
    }

    static ApplicationContextRunner withQueue() {
        return application().withPropertyValues("reprise.queue.enabled=true");
    }

    /** The message of the mistake that kept the application from starting. */
    static String mistake(AssertableApplicationContext context) {
        return mistake(context.getStartupFailure());
    }

    static String mistake(@Nullable Throwable failure) {
        if (failure == null) {
            throw new AssertionError("the application has started");
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause.getClass().getSimpleName().equals("ConfigurationMistake")) {
                return cause.getMessage();
            }
        }
        throw new AssertionError("not a mistake of the configuration", failure);
    }

    private static Class<?> load(String name) {
        return ClassUtils.resolveClassName(INTERNAL + name, Contexts.class.getClassLoader());
    }
}
