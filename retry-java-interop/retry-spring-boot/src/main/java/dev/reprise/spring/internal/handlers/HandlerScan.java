package dev.reprise.spring.internal.handlers;

import dev.reprise.queue.RetryQueueBuilder;
import dev.reprise.spring.DurableCallback;
import dev.reprise.spring.DurableHandler;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;

/** Finds the annotated methods of the beans, without creating the beans. */
final class HandlerScan {
    private HandlerScan() {}

    static List<HandlerMethod> of(ConfigurableListableBeanFactory beans) {
        return Stream.of(beans.getBeanNamesForType(Object.class, true, false))
                .filter(name -> !ScopedProxyUtils.isScopedTarget(name))
                .flatMap(name -> of(beans, name))
                .toList();
    }

    private static Stream<HandlerMethod> of(ConfigurableListableBeanFactory beans, String name) {
        Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
        if (type == null || type.getName().startsWith("org.springframework.")) {
            return Stream.empty();
        }
        return annotated(type).entrySet().stream()
                .map(
                        found ->
                                new HandlerMethod(name, type, found.getKey(), found.getValue())
                                        .checked());
    }

    private static Map<Method, HandlerMethod.Settings> annotated(Class<?> type) {
        MethodIntrospector.MetadataLookup<HandlerMethod.Settings> settings = HandlerScan::settings;
        try {
            return MethodIntrospector.selectMethods(type, settings);
        } catch (NoClassDefFoundError e) {
            return Map.of(); // a class of another library, which names what is not there
        }
    }

    private static HandlerMethod.@Nullable Settings settings(Method method) {
        DurableHandler handler =
                AnnotatedElementUtils.findMergedAnnotation(method, DurableHandler.class);
        if (handler != null) {
            return new HandlerMethod.Settings(
                    handler.value(),
                    handler.lane(),
                    handler.version(),
                    handler.concurrency(),
                    false);
        }
        DurableCallback callback =
                AnnotatedElementUtils.findMergedAnnotation(method, DurableCallback.class);
        return callback == null
                ? null
                : new HandlerMethod.Settings(
                        callback.value(),
                        callback.lane(),
                        RetryQueueBuilder.DEFAULT_VERSION,
                        RetryQueueBuilder.UNLIMITED,
                        true);
    }
}
