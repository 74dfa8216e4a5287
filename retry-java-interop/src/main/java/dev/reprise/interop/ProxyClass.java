package dev.reprise.interop;

import dev.reprise.interop.internal.Failures;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Implements an interface by a handler. A proxy of the JDK wraps what a method does not declare;
 * for Kotlin interfaces, which declare nothing, there is a class that does not.
 */
final class ProxyClass {
    /** The constructor for each Kotlin interface, unless its module does not let us define one. */
    private static final ClassValue<Optional<MethodHandle>> OF_KOTLIN =
            new ClassValue<>() {
                @Override
                protected Optional<MethodHandle> computeValue(Class<?> type) {
                    return define(type);
                }
            };

    private ProxyClass() {}

    /**
     * Returns an instance of {@code type}.
     *
     * @param handler returns the handler; its argument is true if the instance throws undeclared
     *     exceptions unchanged
     */
    static <S> S instance(Class<S> type, Function<Boolean, InvocationHandler> handler) {
        Optional<MethodHandle> ofKotlin =
                type.isAnnotationPresent(kotlin.Metadata.class)
                        ? OF_KOTLIN.get(type)
                        : Optional.empty();
        if (ofKotlin.isEmpty()) {
            Class<?>[] types = {type};
            return type.cast(
                    Proxy.newProxyInstance(type.getClassLoader(), types, handler.apply(false)));
        }
        try {
            return type.cast(ofKotlin.get().invokeWithArguments(handler.apply(true)));
        } catch (Throwable e) {
            throw Failures.raise(e);
        }
    }

    private static Optional<MethodHandle> define(Class<?> type) {
        Method[] methods = methods(type);
        try {
            MethodHandles.Lookup lookup =
                    MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                            .defineHiddenClass(ProxyClassFile.of(type, methods), true);
            MethodType constructor =
                    MethodType.methodType(void.class, InvocationHandler.class, Method[].class);
            MethodHandle create = lookup.findConstructor(lookup.lookupClass(), constructor);
            return Optional.of(MethodHandles.insertArguments(create, 1, (Object) methods));
        } catch (IllegalAccessException | UnsupportedOperationException e) {
            return Optional.empty();
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }

    /** The methods to implement: what two interfaces declare is one. */
    private static Method[] methods(Class<?> type) {
        Map<String, Method> methods = new LinkedHashMap<>();
        Stream.of(Object.class.getMethods())
                .filter(m -> !Modifier.isFinal(m.getModifiers()))
                .forEach(m -> methods.put(signature(m), m));
        Stream.of(type.getMethods())
                .filter(m -> !Modifier.isStatic(m.getModifiers()))
                .forEach(m -> methods.putIfAbsent(signature(m), m));
        return methods.values().toArray(Method[]::new);
    }

    private static String signature(Method method) {
        return method.getName() + ProxyClassFile.descriptor(method);
    }
}
