package dev.reprise.interop;

import static java.util.Objects.requireNonNull;

import dev.reprise.NamedPolicies;
import java.lang.reflect.Method;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Applies {@link RetryWith}: puts a proxy around an object, so that its annotated methods retry
 * when they are called through an interface.
 *
 * <p>A method that returns a {@code CompletionStage} or a {@code CompletableFuture} runs like
 * {@link RetryRunner#callAsync}, a Kotlin {@code suspend} method suspends, one that returns a
 * Kotlin {@code Flow} is called again when its flow fails, and any other runs like {@link
 * RetryRunner#call}. A result whose work is done later, such as a {@code Future}, a {@code
 * Publisher} or a {@code Stream}, is rejected. Methods without an annotation are passed on, default
 * methods call the target, and so do {@code equals}, {@code hashCode} and {@code toString}; two
 * proxies of one interface with equal targets are equal.
 *
 * <p>Exceptions of the target are thrown unchanged. A checked exception that a method in Java does
 * not declare is thrown as the cause of an {@link UncheckedFailureException}; through a Kotlin
 * interface, where no exception is declared, it is thrown unchanged too, unless a named module does
 * not open the package of the interface.
 *
 * <p>A call that the target makes to itself bypasses the proxy and is not retried.
 */
public final class RetryProxy {
    private RetryProxy() {}

    /**
     * {@return an implementation of {@code type} that retries} Each annotation needs a limit.
     *
     * @param type the interface
     * @param target the object to call
     * @throws IllegalArgumentException if {@code type} is not an interface or cannot be called from
     *     here, no method has {@link RetryWith}, or an annotation is invalid or has no effect; the
     *     message names the method
     */
    public static <S> S of(Class<S> type, S target) {
        return of(type, target, (method, builder) -> {});
    }

    /**
     * {@return a proxy for {@code target}, with settings that an annotation cannot hold, such as a
     * stop signal, an executor or a listener}
     *
     * @param type the interface
     * @param target the object to call
     * @param customizer called for each annotated method, with a builder that has the settings of
     *     the annotation
     * @throws IllegalArgumentException as for {@link #of(Class, Object)}
     */
    public static <S> S of(
            Class<S> type,
            S target,
            BiConsumer<? super Method, ? super RetryRunner.Builder> customizer) {
        return create(type, target, null, customizer);
    }

    /**
     * {@return a proxy for {@code target} with policies for the annotations that name one} They are
     * looked up whenever a run starts.
     *
     * @param type the interface
     * @param target the object to call
     * @param policies the policies that the annotations name
     * @throws IllegalArgumentException as for {@link #of(Class, Object)}, and if an annotation
     *     names a policy that does not exist
     */
    public static <S> S of(Class<S> type, S target, NamedPolicies policies) {
        return of(type, target, policies, (method, builder) -> {});
    }

    /**
     * {@return a proxy for {@code target} with policies for the annotations that name one, and with
     * settings that an annotation cannot hold}
     *
     * @param type the interface
     * @param target the object to call
     * @param policies the policies that the annotations name
     * @param customizer called for each annotated method, with a builder that has the settings of
     *     the annotation
     * @throws IllegalArgumentException as for {@link #of(Class, Object, NamedPolicies)}
     */
    public static <S> S of(
            Class<S> type,
            S target,
            NamedPolicies policies,
            BiConsumer<? super Method, ? super RetryRunner.Builder> customizer) {
        return create(type, target, requireNonNull(policies, "policies"), customizer);
    }

    private static <S> S create(
            Class<S> type,
            S target,
            @Nullable NamedPolicies policies,
            BiConsumer<? super Method, ? super RetryRunner.Builder> customizer) {
        requireNonNull(target, "target");
        requireNonNull(customizer, "customizer");
        if (!type.isInterface() || type.isAnnotation()) {
            throw new IllegalArgumentException(
                    "%s is not an interface; a proxy retries only calls of an interface"
                            .formatted(type.getName()));
        }
        if (type.isSealed() || type.isHidden()) {
            throw new IllegalArgumentException(
                    type.getName() + " is sealed or hidden; no proxy can implement it");
        }
        S called = type.cast(target);
        var calls =
                new ProxyCalls(type, called, policies, UnaryOperator.identity(), customizer)
                        .prepare();
        return ProxyClass.instance(
                type, undeclared -> new RetryingHandler(called, calls, undeclared));
    }

    static String name(Method method) {
        return method.getDeclaringClass().getName() + "." + method.getName();
    }

    static IllegalArgumentException invalid(
            Method method, @Nullable String reason, @Nullable Throwable cause) {
        return new IllegalArgumentException("@RetryWith of " + name(method) + ": " + reason, cause);
    }
}
