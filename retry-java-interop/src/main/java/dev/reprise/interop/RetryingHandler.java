package dev.reprise.interop;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Answers the calls of a wrapper. */
final class RetryingHandler implements InvocationHandler {
    private static final @Nullable Object[] NONE = {};

    private final Object target;
    private final Map<Method, MethodCall> calls;

    private RetryingHandler(Object target, Map<Method, MethodCall> calls) {
        this.target = target;
        this.calls = calls;
    }

    static RetryingHandler of(
            Class<?> type, Object target, Consumer<? super RetriesBuilder> alive) {
        Map<Method, MethodCall> calls = new HashMap<>();
        boolean retries = false;
        for (Method method : type.getMethods()) {
            if (!Modifier.isStatic(method.getModifiers())) {
                RetryWith told = RetryWithReader.find(type, method);
                retries |= told != null;
                calls.put(
                        method,
                        told == null
                                ? MethodCall.passing(method)
                                : MethodCall.of(method, RetryWithReader.read(told, method, alive)));
            }
        }
        if (!retries) {
            throw new IllegalArgumentException("nothing in " + type.getName() + " is @Retryable");
        }
        return new RetryingHandler(target, calls);
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given)
            throws Throwable {
        @Nullable Object[] arguments = given == null ? NONE : given;
        if (method.getDeclaringClass() == Object.class && method.getName().equals("equals")) {
            return isEqual(arguments[0]);
        }
        try {
            MethodCall call = calls.get(method);
            return call == null
                    ? MethodCall.invoke(method, target, arguments)
                    : call.make(target, arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            for (Class<?> declared : method.getExceptionTypes()) {
                if (declared.isInstance(e)) {
                    throw e;
                }
            }
            throw new UncheckedFailureException(e);
        }
    }

    private boolean isEqual(@Nullable Object other) {
        return other != null
                && Proxy.isProxyClass(other.getClass())
                && Proxy.getInvocationHandler(other) instanceof RetryingHandler handler
                && target.equals(handler.target);
    }
}
