package dev.reprise.spring.internal.retry;

import dev.reprise.interop.RetryWith;
import dev.reprise.spring.internal.setup.ConfigurationMistake;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Set;
import java.util.stream.Stream;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;

/**
 * Rejects methods that a proxy cannot intercept, or that something else retries too.
 *
 * @param bean the name of the bean
 * @param type its class
 */
record RetryWithChecks(String bean, Class<?> type) {
    private static final Set<String> OTHERS =
            Set.of(
                    "org.springframework.resilience.annotation.Retryable",
                    "org.springframework.retry.annotation.Retryable");

    void check(Set<Method> methods, boolean isClassProxy) {
        for (Method method : methods) {
            if (isRetriedElsewhere(method) || isRetriedElsewhere(type)) {
                throw mistake(
                        method, "it has @Retryable too; two retries would multiply: keep one");
            }
            if (isClassProxy) {
                requireOpen(method);
            } else {
                requireInterface(method, methods);
            }
        }
    }

    private static boolean isRetriedElsewhere(AnnotatedElement element) {
        MergedAnnotations found = MergedAnnotations.from(element, SearchStrategy.TYPE_HIERARCHY);
        return OTHERS.stream().anyMatch(found::isPresent);
    }

    private void requireOpen(Method method) {
        boolean isFinalType = Modifier.isFinal(type.getModifiers());
        if (isFinalType || Modifier.isFinal(method.getModifiers())) {
            throw mistake(
                    method,
                    (isFinalType ? "its class" : "the method")
                            + " is final, so a proxy cannot intercept it: open it, or for Kotlin"
                            + " apply the Spring compiler plugin");
        }
    }

    private void requireInterface(Method method, Set<Method> methods) {
        boolean isOfInterface =
                Stream.concat(Stream.of(method), methods.stream())
                        .filter(m -> m.getDeclaringClass().isInterface())
                        .anyMatch(
                                m ->
                                        m.getName().equals(method.getName())
                                                && m.getParameterCount()
                                                        == method.getParameterCount());
        if (!isOfInterface && AnnotatedElementUtils.hasAnnotation(method, RetryWith.class)) {
            throw mistake(
                    method,
                    "the proxy of the bean implements interfaces, and none declares it: declare it"
                            + " there, or set spring.aop.proxy-target-class=true");
        }
    }

    private ConfigurationMistake mistake(Method method, String reason) {
        return new ConfigurationMistake(
                "bean '%s': @RetryWith of %s.%s: %s"
                        .formatted(
                                bean,
                                method.getDeclaringClass().getName(),
                                method.getName(),
                                reason));
    }
}
