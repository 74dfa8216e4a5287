package dev.reprise.interop;

import dev.reprise.interop.internal.Failures;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/**
 * A method of a target. What it throws is thrown unchanged, without an exception of reflection
 * around it.
 */
final class TargetMethod {
    private final MethodHandle handle;

    private TargetMethod(MethodHandle handle) {
        this.handle = handle;
    }

    /**
     * Returns {@code method} of {@code target}.
     *
     * @throws IllegalArgumentException if it cannot be called from here
     */
    static TargetMethod of(Method method, Object target) {
        method.trySetAccessible();
        try {
            return new TargetMethod(
                    MethodHandles.lookup()
                            .unreflect(method)
                            .bindTo(target)
                            .asFixedArity()
                            .asSpreader(Object[].class, method.getParameterCount())
                            .asType(MethodType.methodType(Object.class, Object[].class)));
        } catch (IllegalAccessException e) {
            Class<?> declaring = method.getDeclaringClass();
            throw new IllegalArgumentException(
                    "cannot call "
                            + declaring.getName()
                            + "."
                            + method.getName()
                            + ": "
                            + declaring.getModule()
                            + " neither exports nor opens the package "
                            + declaring.getPackageName(),
                    e);
        }
    }

    @Nullable Object call(@Nullable Object[] arguments) {
        try {
            return (Object) handle.invokeExact(arguments);
        } catch (Throwable e) {
            throw Failures.raise(e);
        }
    }
}
