package dev.reprise.interop;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Handles the calls of a proxy. */
final class RetryingHandler implements InvocationHandler {
    private static final @Nullable Object[] NONE = {};

    private final Object target;
    private final Map<Method, MethodCall> calls;

    private RetryingHandler(Object target, Map<Method, MethodCall> calls) {
        this.target = target;
        this.calls = calls;
    }

    static RetryingHandler of(
            Class<?> type,
            Object target,
            BiConsumer<? super Method, ? super RetryRunner.Builder> customizer) {
        Map<Method, MethodCall> calls = new HashMap<>();
        boolean retries = false;
        for (Method method : type.getMethods()) {
            if (!Modifier.isStatic(method.getModifiers())) {
                RetryWith annotation = RetryWithReader.find(type, method);
                retries |= annotation != null;
                calls.put(
                        method,
                        annotation == null
                                ? MethodCall.passing(method)
                                : MethodCall.of(
                                        method,
                                        RetryWithReader.read(annotation, method, customizer)));
            }
        }
        if (!retries) {
            throw new IllegalArgumentException(type.getName() + " has no method with @RetryWith");
        }
        return new RetryingHandler(target, calls);
    }

    @Override
    public @Nullable Object invoke(
            Object proxy, Method method, @Nullable Object @Nullable [] passed) throws Throwable {
        @Nullable Object[] arguments = passed == null ? NONE : passed;
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
