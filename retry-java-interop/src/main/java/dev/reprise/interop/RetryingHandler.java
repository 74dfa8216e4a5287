package dev.reprise.interop;

import dev.reprise.interop.internal.Failures;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Handles the calls of a proxy.
 *
 * @param throwsUndeclared true if the proxy can throw what its methods do not declare
 */
record RetryingHandler(Object target, Map<Method, MethodCall> calls, boolean throwsUndeclared)
        implements InvocationHandler {
    private static final @Nullable Object[] NONE = {};

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
        return Stream.of(method.getExceptionTypes()).anyMatch(declared -> declared.isInstance(e));
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
