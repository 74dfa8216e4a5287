package dev.reprise.interop;

import dev.reprise.run.StopSignal;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Applies {@link RetryWith}: wraps an object so that the annotated methods of an interface retry.
 *
 * <p>A method that returns a {@code CompletionStage} or a {@code CompletableFuture} runs like
 * {@link Retries#callAsync}, a Kotlin {@code suspend} method suspends, any other runs like {@link
 * Retries#call}. Methods without an annotation pass through, default methods are the target's own,
 * and {@code equals}, {@code hashCode} and {@code toString} are answered by the target; two
 * wrappers of equal targets are equal. What the target throws leaves as it was thrown; a checked
 * exception that the method does not declare leaves as the cause of an {@link
 * UncheckedFailureException}.
 *
 * <p>A call that the target makes to itself does not come by here and is not retried.
 */
public final class RetryProxy {
    private RetryProxy() {}

    /**
     * Wraps {@code target}. Each annotation has to say itself what ends its retries.
     *
     * @param <S> the interface
     * @param type the interface
     * @param target what is called
     * @return an implementation of {@code type} that retries
     * @throws IllegalArgumentException if {@code type} is no interface, nothing in it is {@link
     *     RetryWith}, or an annotation cannot be followed; the message names the method
     */
    public static <S> S wrap(Class<S> type, S target) {
        return wrap(type, target, builder -> {});
    }

    /**
     * Wraps {@code target}; all retries end when the signal is given, if nothing ends them before.
     *
     * @param <S> the interface
     * @param type the interface
     * @param target what is called
     * @param stop ends waits at once and lets a running call finish
     * @return an implementation of {@code type} that retries
     * @throws IllegalArgumentException as for {@link #wrap(Class, Object)}
     */
    public static <S> S wrap(Class<S> type, S target, StopSignal stop) {
        Objects.requireNonNull(stop, "stop");
        return wrap(type, target, builder -> builder.stopWhen(stop));
    }

    /**
     * Wraps {@code target} and adds what no annotation can say: a stop, an executor, a listener.
     *
     * @param <S> the interface
     * @param type the interface
     * @param target what is called
     * @param alive told the builder of each annotated method, after the annotation
     * @return an implementation of {@code type} that retries
     * @throws IllegalArgumentException as for {@link #wrap(Class, Object)}
     */
    public static <S> S wrap(Class<S> type, S target, Consumer<? super RetriesBuilder> alive) {
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(alive, "alive");
        if (!type.isInterface()) {
            throw new IllegalArgumentException(
                    type.getName()
                            + " is no interface; only calls through an interface are retried");
        }
        Object proxy =
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        RetryingHandler.of(type, target, alive));
        return type.cast(proxy);
    }

    static IllegalArgumentException refused(
            Method method, @Nullable String reason, @Nullable Throwable cause) {
        String name = method.getDeclaringClass().getName() + "." + method.getName();
        return new IllegalArgumentException("@Retryable of " + name + ": " + reason, cause);
    }
}
