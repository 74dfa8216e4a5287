package dev.reprise.spring.internal.retry;

import dev.reprise.interop.RetryInterceptor;
import dev.reprise.interop.RetryRunner;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;

/** Makes the calls of one bean with retries, and observes them and their attempts. */
@FunctionalInterface
interface CallObserver {
    /** Nothing is observed. */
    CallObserver NONE =
            (interceptor, method, arguments, attempt) ->
                    interceptor.call(method, arguments, attempt);

    /** Observes the calls of a bean of this type if {@code retry-micrometer} is there. */
    static CallObserver of(Class<?> type, ConfigurableListableBeanFactory beans) {
        ClassLoader classes = beans.getBeanClassLoader();
        return ClassUtils.isPresent("dev.reprise.micrometer.RetryObservations", classes)
                        && ClassUtils.isPresent(
                                "io.micrometer.observation.ObservationRegistry", classes)
                ? ObservedCalls.of(type, beans)
                : NONE;
    }

    /** Is to observe the calls of a method, which have these retries. */
    default void add(Method method, RetryRunner.Builder retries) {}

    @Nullable Object call(
            RetryInterceptor interceptor,
            Method method,
            @Nullable Object[] arguments,
            RetryInterceptor.Invocation attempt)
            throws Throwable;
}
