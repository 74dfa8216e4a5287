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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Implements an interface by a handler. A proxy of the JDK wraps what a method does not declare;
 * for Kotlin interfaces, which declare nothing, there is a class that does not.
 *
 * @param constructor takes an array with a handle for each method
 * @param calls the handles, for a handler, the proxy and the arguments
 */
record ProxyClass(MethodHandle constructor, List<MethodHandle> calls) {
    /** The class for each Kotlin interface, unless its module does not let us define one. */
    private static final ClassValue<Optional<ProxyClass>> OF_KOTLIN =
            new ClassValue<>() {
                @Override
                protected Optional<ProxyClass> computeValue(Class<?> type) {
                    return type.isAnnotationPresent(kotlin.Metadata.class)
                            ? define(type)
                            : Optional.empty();
                }
            };

    /**
     * Returns an instance of {@code type}.
     *
     * @param handler returns the handler; its argument is true if the instance throws undeclared
     *     exceptions unchanged
     */
    static <S> S instance(Class<S> type, Function<Boolean, InvocationHandler> handler) {
        Optional<ProxyClass> ofKotlin = OF_KOTLIN.get(type);
        if (ofKotlin.isPresent()) {
            return type.cast(ofKotlin.get().create(handler.apply(true)));
        }
        Class<?>[] types = {type};
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), types, handler.apply(false)));
    }

    private Object create(InvocationHandler handler) {
        MethodHandle[] bound =
                calls.stream().map(call -> call.bindTo(handler)).toArray(MethodHandle[]::new);
        try {
            return constructor.invokeWithArguments((Object) bound);
        } catch (Throwable e) {
            throw Failures.raise(e);
        }
    }

    private static Optional<ProxyClass> define(Class<?> type) {
        List<Method> methods = methods(type);
        MethodType constructor = MethodType.methodType(void.class, MethodHandle[].class);
        MethodType handler =
                MethodType.methodType(Object.class, Object.class, Method.class, Object[].class);
        try {
            MethodHandles.Lookup lookup =
                    MethodHandles.privateLookupIn(type, MethodHandles.lookup())
                            .defineHiddenClass(ProxyClassFile.of(type, methods), true);
            MethodHandle create = lookup.findConstructor(lookup.lookupClass(), constructor);
            MethodHandle invoke = lookup.findVirtual(InvocationHandler.class, "invoke", handler);
            return Optional.of(
                    new ProxyClass(create, methods.stream().map(m -> call(invoke, m)).toList()));
        } catch (IllegalAccessException | UnsupportedOperationException e) {
            return Optional.empty();
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle call(MethodHandle invoke, Method method) {
        MethodType type = ProxyClassFile.typeOf(method).erase();
        return MethodHandles.insertArguments(invoke, 2, method)
                .asCollector(Object[].class, type.parameterCount())
                .asType(type.insertParameterTypes(0, InvocationHandler.class, Object.class));
    }

    /** The methods to implement: what two interfaces declare is one. */
    private static List<Method> methods(Class<?> type) {
        Map<String, Method> methods = new LinkedHashMap<>();
        Stream.concat(Stream.of(Object.class.getMethods()), Stream.of(type.getMethods()))
                .filter(m -> (m.getModifiers() & (Modifier.STATIC | Modifier.FINAL)) == 0)
                .forEach(m -> methods.putIfAbsent(signature(m), m));
        return List.copyOf(methods.values());
    }

    private static String signature(Method method) {
        return method.getName() + ProxyClassFile.typeOf(method).descriptorString();
    }
}
