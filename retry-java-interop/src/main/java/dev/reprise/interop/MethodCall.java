package dev.reprise.interop;

import dev.reprise.interop.internal.Failures;
import dev.reprise.interop.internal.SuspendCalls;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import kotlin.coroutines.Continuation;
import org.jspecify.annotations.Nullable;

/** How the calls of one method are retried. */
@FunctionalInterface
interface MethodCall {
    /** Results that are complete although their work is not: a retry would miss its failure. */
    Set<String> DEFERRED =
            Set.of(
                    "kotlinx.coroutines.Deferred",
                    "kotlinx.coroutines.Job",
                    "kotlinx.coroutines.flow.Flow",
                    "java.util.concurrent.Flow$Publisher",
                    "org.reactivestreams.Publisher");

    @Nullable Object make(Object target, @Nullable Object[] arguments) throws Throwable;

    /** A call that is not retried. */
    static MethodCall passing(Method method) {
        return isSuspend(method)
                ? (target, arguments) ->
                        SuspendCalls.pass(arguments, given -> invoke(method, target, given))
                : (target, arguments) -> invoke(method, target, arguments);
    }

    @SuppressWarnings("NullAway") // Its plain mode does not see that the result is nullable.
    static MethodCall of(Method method, RetryRunner runner) {
        Class<?> result = method.getReturnType();
        if (isSuspend(method)) {
            return (target, arguments) ->
                    SuspendCalls.retry(
                            runner.asRetry(), arguments, given -> invoke(method, target, given));
        }
        if (result == CompletionStage.class || result == CompletableFuture.class) {
            return (target, arguments) -> future(runner, method, target, arguments);
        }
        if (Future.class.isAssignableFrom(result)
                || CompletionStage.class.isAssignableFrom(result)
                || DEFERRED.contains(result.getName())) {
            throw RetryProxy.invalid(
                    method,
                    "it returns "
                            + result.getName()
                            + ", whose failure a retry cannot see; return a CompletionStage or a"
                            + " CompletableFuture",
                    null);
        }
        return (target, arguments) ->
                runner.<@Nullable Object, RuntimeException>call(
                        () -> invoke(method, target, arguments));
    }

    /** Kotlin gives a suspend method the continuation of its caller as the last argument. */
    private static boolean isSuspend(Method method) {
        Class<?>[] parameters = method.getParameterTypes();
        return parameters.length > 0 && parameters[parameters.length - 1] == Continuation.class;
    }

    /** The caller of the proxy receives the future like any other result. */
    @SuppressWarnings("FutureReturnValueIgnored")
    private static Object future(
            RetryRunner runner, Method method, Object target, @Nullable Object[] arguments) {
        return runner.callAsync(() -> stage(method, target, arguments));
    }

    /** The run reports a target that returns null. */
    @SuppressWarnings({"unchecked", "NullAway"})
    private static CompletionStage<Object> stage(
            Method method, Object target, @Nullable Object[] arguments) {
        return (CompletionStage<Object>) invoke(method, target, arguments);
    }

    /** Calls the target; what it throws is thrown unchanged. */
    static @Nullable Object invoke(Method method, Object target, @Nullable Object[] arguments) {
        try {
            method.trySetAccessible();
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw Failures.raise(e.getCause() == null ? e : e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("cannot call " + method, e);
        }
    }
}
