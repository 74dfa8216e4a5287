package dev.reprise.spring.internal.retry;

import dev.reprise.interop.RetryInterceptor;
import dev.reprise.interop.RetryRunner;
import dev.reprise.micrometer.RetryObservations;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.ResolvableType;

/**
 * Observes the calls of one bean with the {@code RetryObservations} of the application. Loaded only
 * where that class is.
 */
final class ObservedCalls implements CallObserver {
    private final Class<?> type;
    private final ObjectProvider<RetryObservations> beans;

    private volatile @Nullable RetryObservations observations;

    /** The names of the policies, by the methods of the bean. */
    private final Map<Method, @Nullable String> names = new HashMap<>();

    private final Map<Method, Form> forms = new ConcurrentHashMap<>();

    private record Form(@Nullable String policy, Class<?> result) {}

    private ObservedCalls(Class<?> type, ObjectProvider<RetryObservations> beans) {
        this.type = type;
        this.beans = beans;
    }

    static CallObserver of(Class<?> type, ConfigurableListableBeanFactory beans) {
        return beans.getBeanNamesForType(RetryObservations.class, true, false).length == 0
                ? NONE
                : new ObservedCalls(type, beans.getBeanProvider(RetryObservations.class));
    }

    @Override
    public void add(Method method, RetryRunner.Builder retries) {
        names.put(RetryAdvisor.ofBean(method, type), retries.build().asRetry().getName());
    }

    @Override
    public @Nullable Object call(
            RetryInterceptor interceptor,
            Method method,
            @Nullable Object[] arguments,
            RetryInterceptor.Invocation attempt)
            throws Throwable {
        Form form = forms.computeIfAbsent(method, this::form);
        return observations()
                .intercept(
                        form.policy(),
                        form.result(),
                        arguments,
                        attempt::make,
                        (made, observed) -> interceptor.call(method, made, observed::make));
    }

    /** Created with the first call, as listeners are. */
    private RetryObservations observations() {
        RetryObservations known = observations;
        if (known == null) {
            known = beans.orderedStream().findFirst().orElseThrow();
            observations = known;
        }
        return known;
    }

    private Form form(Method method) {
        Class<?> result = ResolvableType.forMethodReturnType(method, type).resolve(Object.class);
        return new Form(names.get(RetryAdvisor.ofBean(method, type)), result);
    }
}
