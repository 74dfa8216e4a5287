package dev.reprise.interop;

import dev.reprise.interop.internal.Failures;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Handles the calls of a proxy. */
final class RetryingHandler implements InvocationHandler {
    private static final @Nullable Object[] NONE = {};

    private final Object target;
    private final Map<Method, MethodCall> calls;

    /** True if the proxy can throw what its methods do not declare. */
    private final boolean throwsUndeclared;

    RetryingHandler(Object target, Map<Method, MethodCall> calls, boolean throwsUndeclared) {
        this.target = target;
        this.calls = calls;
        this.throwsUndeclared = throwsUndeclared;
    }

    @Override
    public @Nullable Object invoke(
            Object proxy, Method method, @Nullable Object @Nullable [] passed) throws Throwable {
        @Nullable Object[] arguments = passed == null ? NONE : passed;
        MethodCall call = calls.get(method);
        if (call == null) {
            return ofObject(proxy, method, arguments);
        }
        try {
            return call.make(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw throwsUndeclared || declares(method, e) ? e : new UncheckedFailureException(e);
        }
    }

    private static boolean declares(Method method, Throwable e) {
        for (Class<?> declared : method.getExceptionTypes()) {
            if (declared.isInstance(e)) {
                return true;
            }
        }
        return false;
    }

    private Object ofObject(Object proxy, Method method, @Nullable Object[] arguments) {
        return switch (method.getName()) {
            case "equals" -> isEqual(proxy, arguments[0]);
            case "hashCode" -> target.hashCode();
            case "toString" -> target.toString();
            default ->
                    throw Failures.raise(
                            new AssertionError("not a method of the proxy: " + method));
        };
    }

    /** Two proxies are equal if their targets are: the other proxy compares its own. */
    private boolean isEqual(Object proxy, @Nullable Object other) {
        if (other instanceof OtherTarget probe) {
            return target.equals(probe.target);
        }
        return other != null
                && (other == proxy
                        || (other.getClass() == proxy.getClass()
                                && other.equals(new OtherTarget(target))));
    }

    private record OtherTarget(Object target) {}
}
