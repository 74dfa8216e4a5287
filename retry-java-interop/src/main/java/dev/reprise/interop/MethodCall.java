package dev.reprise.interop;

import dev.reprise.interop.internal.Failures;
import dev.reprise.interop.internal.FlowCalls;
import dev.reprise.interop.internal.RecoveringFuture;
import dev.reprise.interop.internal.SuspendCalls;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** How the calls of one method are made. */
@FunctionalInterface
interface MethodCall {
    @Nullable Object make(@Nullable Object[] arguments);

    /**
     * A call of {@code method} of {@code target}. What it throws is thrown unchanged, without an
     * exception of reflection around it.
     *
     * @throws IllegalArgumentException if it cannot be called from here
     */
    static MethodCall of(Method method, Object target) {
        method.trySetAccessible();
        MethodHandle handle;
        try {
            handle =
                    MethodHandles.lookup()
                            .unreflect(method)
                            .bindTo(target)
                            .asFixedArity()
                            .asSpreader(Object[].class, method.getParameterCount())
                            .asType(MethodType.methodType(Object.class, Object[].class));
        } catch (IllegalAccessException e) {
            Class<?> declaring = method.getDeclaringClass();
            throw new IllegalArgumentException(
                    "cannot call %s: %s neither exports nor opens the package %s"
                            .formatted(
                                    RetryProxy.name(method),
                                    declaring.getModule(),
                                    declaring.getPackageName()),
                    e);
        }
        return throwing(arguments -> (Object) handle.invokeExact(arguments));
    }

    /** A call that throws what {@code attempt} throws. */
    static MethodCall throwing(RetryInterceptor.Invocation attempt) {
        return arguments -> {
            try {
                return attempt.make(arguments);
            } catch (Throwable e) {
                throw Failures.raise(e);
            }
        };
    }

    /** A call that is not retried. */
    static MethodCall passing(Method method, MethodCall target) {
        return TypeArguments.isSuspend(method)
                ? arguments -> SuspendCalls.pass(arguments, target::make)
                : target;
    }

    /** How a method is retried, whatever makes an attempt. */
    @FunctionalInterface
    interface Retried {
        @Nullable Object make(MethodCall attempt, @Nullable Object[] arguments);
    }

    /**
     * Calls with retries.
     *
     * @throws IllegalArgumentException if the failures of the method are not visible to a retry
     */
    static Retried retrying(
            Method method, Class<?> result, RetryRunner runner, @Nullable Recovery recovery) {
        ResultKind kind = ResultKind.of(result);
        if (TypeArguments.isSuspend(method)) {
            requireValue(
                    kind, result, "return the value itself, which a suspend method can wait for");
            return (attempt, arguments) ->
                    SuspendCalls.retry(runner.asRetry(), arguments, attempt::make, recovery);
        }
        return switch (kind) {
            case STAGE -> (attempt, arguments) -> stage(runner, attempt, arguments, recovery);
            case FLOW ->
                    (attempt, arguments) ->
                            FlowCalls.retry(
                                    runner.asRetry(),
                                    () -> attempt.make(arguments),
                                    recovery == null ? null : recovery.of(arguments));
            case VALUE ->
                    (attempt, arguments) ->
                            value(runner, attempt, arguments, recovery, result == Object.class);
            case LAZY -> {
                requireValue(
                        kind,
                        result,
                        "supported are blocking methods, CompletionStage, CompletableFuture,"
                                + " Kotlin suspend methods and Flow");
                yield MethodCall::make;
            }
        };
    }

    private static void requireValue(ResultKind kind, Class<?> result, String remedy) {
        if (kind != ResultKind.VALUE) {
            throw new IllegalArgumentException(
                    "it returns %s, whose failure a retry of the call cannot see; %s"
                            .formatted(result.getName(), remedy));
        }
    }

    @SuppressWarnings("NullAway") // Its plain mode does not see that the result is nullable.
    private static @Nullable Object value(
            RetryRunner runner,
            MethodCall target,
            @Nullable Object[] arguments,
            @Nullable Recovery recovery,
            boolean isGeneric) {
        Object value =
                recovery == null
                        ? runner.call(() -> target.make(arguments))
                        : recovery.around(
                                arguments, () -> runner.call(() -> target.make(arguments)));
        if (isGeneric && value != null && ResultKind.of(value.getClass()) != ResultKind.VALUE) {
            throw new IllegalStateException(
                    "the annotation has no effect: a call returned a "
                            + value.getClass().getName()
                            + ", whose failure a retry of the call cannot see, and the type of the"
                            + " method does not say so");
        }
        return value;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // The run reports a target that returns null.
    private static Object stage(
            RetryRunner runner,
            MethodCall target,
            @Nullable Object[] arguments,
            @Nullable Recovery recovery) {
        CompletableFuture<Object> run =
                runner.callAsync(() -> (CompletionStage<Object>) target.make(arguments));
        return recovery == null ? run : RecoveringFuture.of(run, recovery.of(arguments));
    }
}
