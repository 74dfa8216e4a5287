package dev.reprise.interop;

import static java.util.Objects.requireNonNull;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Applies {@link RetryWith}: puts a proxy around an object, so that the annotated methods of an
 * interface retry.
 *
 * <p>A method that returns a {@code CompletionStage} or a {@code CompletableFuture} runs like
 * {@link RetryRunner#callAsync}, a Kotlin {@code suspend} method suspends, any other runs like
 * {@link RetryRunner#call}. Methods without an annotation are passed on, default methods call the
 * target, and so do {@code equals}, {@code hashCode} and {@code toString}; two proxies of equal
 * targets are equal. Exceptions of the target are thrown unchanged; a checked one that the method
 * does not declare is thrown as the cause of an {@link UncheckedFailureException}.
 *
 * <p>A call that the target makes to itself bypasses the proxy and is not retried.
 */
public final class RetryProxy {
    private RetryProxy() {}

    /**
     * Creates a proxy for {@code target}. Each annotation needs a limit.
     *
     * @param <S> the interface
     * @param type the interface
     * @param target the object to call
     * @return an implementation of {@code type} that retries
     * @throws IllegalArgumentException if {@code type} is not an interface, none of its methods has
     *     {@link RetryWith}, or an annotation is invalid; the message names the method
     */
    public static <S> S of(Class<S> type, S target) {
        return of(type, target, (method, builder) -> {});
    }

    /**
     * Creates a proxy for {@code target} and adds settings that an annotation cannot hold, such as
     * a stop signal, an executor or a listener.
     *
     * @param <S> the interface
     * @param type the interface
     * @param target the object to call
     * @param customizer called for each annotated method, with a builder that has the settings of
     *     the annotation
     * @return an implementation of {@code type} that retries
     * @throws IllegalArgumentException as for {@link #of(Class, Object)}
     */
    public static <S> S of(
            Class<S> type,
            S target,
            BiConsumer<? super Method, ? super RetryRunner.Builder> customizer) {
        requireNonNull(target, "target");
        requireNonNull(customizer, "customizer");
        if (!type.isInterface()) {
            throw new IllegalArgumentException(
                    type.getName()
                            + " is not an interface; a proxy retries only calls of an interface");
        }
        Object proxy =
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        RetryingHandler.of(type, target, customizer));
        return type.cast(proxy);
    }

    static IllegalArgumentException invalid(
            Method method, @Nullable String reason, @Nullable Throwable cause) {
        String name = method.getDeclaringClass().getName() + "." + method.getName();
        return new IllegalArgumentException("@RetryWith of " + name + ": " + reason, cause);
    }
}
