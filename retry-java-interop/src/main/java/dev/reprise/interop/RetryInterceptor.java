package dev.reprise.interop;

import static java.util.Objects.requireNonNull;

import dev.reprise.NamedPolicies;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Applies {@link RetryWith} where a framework intercepts the calls of an object itself; {@link
 * RetryProxy} is for everything else. Thread-safe.
 */
public final class RetryInterceptor {
    private final Map<Method, MethodCall.Retried> calls;

    private RetryInterceptor(Map<Method, MethodCall.Retried> calls) {
        this.calls = calls;
    }

    /**
     * {@return true if {@link RetryWith} is on {@code type}, on what it extends or implements, or
     * on a method of these}
     *
     * @param type any class
     */
    public static boolean appliesTo(Class<?> type) {
        return new Declarations(type, type).anyAnnotated();
    }

    /**
     * {@return an interceptor of the calls of {@code target}}
     *
     * @param target the object; its recover methods are called
     * @param policies the policies that the annotations name
     * @param texts resolves the placeholders in a text of an annotation
     * @param customizer called for each annotated method, as by {@link RetryProxy}
     * @throws IllegalArgumentException if an annotation is invalid or on a method that no subclass
     *     can override; the message names the method
     */
    public static RetryInterceptor of(
            Object target,
            NamedPolicies policies,
            UnaryOperator<String> texts,
            BiConsumer<? super Method, ? super RetryRunner.Builder> customizer) {
        requireNonNull(policies, "policies");
        requireNonNull(texts, "texts");
        var calls = new ProxyCalls(target.getClass(), target, policies, texts, customizer);
        return new RetryInterceptor(calls.prepareTarget());
    }

    /** {@return the methods that are retried, as classes and interfaces declare them} */
    public Set<Method> methods() {
        return Set.copyOf(calls.keySet());
    }

    /**
     * Makes a call with retries.
     *
     * @param method one of {@link #methods}
     * @param arguments of the call
     * @param attempt makes one attempt, with the arguments that it receives
     * @return what the caller gets
     * @throws Exception what the run throws, or what replaces it
     */
    public @Nullable Object call(Method method, @Nullable Object[] arguments, Invocation attempt)
            throws Exception {
        MethodCall.Retried retried = calls.get(method);
        if (retried == null) {
            throw new IllegalArgumentException(RetryProxy.name(method) + " has no @RetryWith");
        }
        return retried.make(MethodCall.throwing(attempt), arguments);
    }

    /** Makes one attempt at a call. */
    @FunctionalInterface
    public interface Invocation {
        /**
         * {@return the result of the method}
         *
         * @param arguments of the call; a suspend method has another continuation in each attempt
         * @throws Throwable the failure of the method
         */
        @Nullable Object make(@Nullable Object[] arguments) throws Throwable;
    }
}
