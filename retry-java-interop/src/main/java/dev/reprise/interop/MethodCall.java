package dev.reprise.interop;

import dev.reprise.interop.internal.FlowCalls;
import dev.reprise.interop.internal.RecoveringFuture;
import dev.reprise.interop.internal.SuspendCalls;
import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** How the calls of one method are made. */
@FunctionalInterface
interface MethodCall {
    @Nullable Object make(@Nullable Object[] arguments);

    /** A call that is not retried. */
    static MethodCall passing(Method method, TargetMethod target) {
        return TypeArguments.isSuspend(method)
                ? arguments -> SuspendCalls.pass(arguments, target::call)
                : target::call;
    }

    /**
     * A call with retries.
     *
     * @throws IllegalArgumentException if the failures of the method are not visible to a retry
     */
    static MethodCall retrying(
            Method method,
            Class<?> result,
            TargetMethod target,
            RetryRunner runner,
            @Nullable Recovery recovery) {
        ResultKind kind = ResultKind.of(result);
        if (TypeArguments.isSuspend(method)) {
            requireValue(
                    kind, result, "return the value itself, which a suspend method can wait for");
            return arguments ->
                    SuspendCalls.retry(runner.asRetry(), arguments, target::call, recovery);
        }
        return switch (kind) {
            case STAGE -> arguments -> stage(runner, target, arguments, recovery);
            case FLOW ->
                    arguments ->
                            FlowCalls.retry(
                                    runner.asRetry(),
                                    () -> target.call(arguments),
                                    recovery == null ? null : recovery.of(arguments));
            case VALUE ->
                    arguments -> value(runner, target, arguments, recovery, result == Object.class);
            case LAZY -> {
                requireValue(
                        kind,
                        result,
                        "supported are blocking methods, CompletionStage, CompletableFuture,"
                                + " Kotlin suspend methods and Flow");
                yield target::call;
            }
        };
    }

    private static void requireValue(ResultKind kind, Class<?> result, String remedy) {
        if (kind != ResultKind.VALUE) {
            throw new IllegalArgumentException(
                    "it returns "
                            + result.getName()
                            + ", whose failure a retry of the call cannot see; "
                            + remedy);
        }
    }

    @SuppressWarnings("NullAway") // Its plain mode does not see that the result is nullable.
    private static @Nullable Object value(
            RetryRunner runner,
            TargetMethod target,
            @Nullable Object[] arguments,
            @Nullable Recovery recovery,
            boolean isGeneric) {
        Object value =
                recovery == null
                        ? runner.call(() -> target.call(arguments))
                        : recovery.around(
                                arguments, () -> runner.call(() -> target.call(arguments)));
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
            TargetMethod target,
            @Nullable Object[] arguments,
            @Nullable Recovery recovery) {
        CompletableFuture<Object> run =
                runner.callAsync(() -> (CompletionStage<Object>) target.call(arguments));
        return recovery == null ? run : RecoveringFuture.of(run, recovery.of(arguments));
    }
}
