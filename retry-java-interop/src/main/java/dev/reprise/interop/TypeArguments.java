package dev.reprise.interop;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The type arguments that some classes pass to their parents, at any depth. */
final class TypeArguments {
    private final Map<TypeVariable<?>, Type> arguments = new HashMap<>();

    /** The first of {@code roots} that passes an argument decides. */
    TypeArguments(Class<?>... roots) {
        for (Class<?> root : roots) {
            collect(root);
        }
    }

    private void collect(Class<?> child) {
        for (Type parent : child.getGenericInterfaces()) {
            collect(parent);
        }
        if (child.getGenericSuperclass() != null) {
            collect(child.getGenericSuperclass());
        }
    }

    private void collect(Type parent) {
        if (parent instanceof Class<?> raw) {
            collect(raw);
        } else if (parent instanceof ParameterizedType parameterized) {
            Class<?> raw = (Class<?>) parameterized.getRawType();
            TypeVariable<?>[] variables = raw.getTypeParameters();
            for (int i = 0; i < variables.length; i++) {
                arguments.putIfAbsent(variables[i], parameterized.getActualTypeArguments()[i]);
            }
            collect(raw);
        }
    }

    /** Returns the class of {@code type}, with its variables replaced where they are known. */
    Class<?> erase(Type type) {
        if (type instanceof Class<?> raw) {
            return raw;
        }
        if (type instanceof ParameterizedType parameterized) {
            return (Class<?>) parameterized.getRawType();
        }
        if (type instanceof GenericArrayType array) {
            return Array.newInstance(erase(array.getGenericComponentType()), 0).getClass();
        }
        if (type instanceof WildcardType wildcard) {
            Type[] lower = wildcard.getLowerBounds();
            return erase(lower.length > 0 ? lower[0] : wildcard.getUpperBounds()[0]);
        }
        Type known = arguments.get(type);
        return erase(known != null ? known : ((TypeVariable<?>) type).getBounds()[0]);
    }

    List<Class<?>> parametersOf(Method method) {
        return Stream.of(method.getGenericParameterTypes()).<Class<?>>map(this::erase).toList();
    }

    /** Returns the parameters of {@code method}, without the continuation of a suspend method. */
    List<Class<?>> valuesOf(Method method) {
        List<Class<?>> parameters = parametersOf(method);
        return isSuspend(method) ? parameters.subList(0, parameters.size() - 1) : parameters;
    }

    /**
     * Returns the class of what {@code method} returns; for a suspend method, to Kotlin callers.
     */
    Class<?> resultOf(Method method) {
        if (!isSuspend(method)) {
            return erase(method.getGenericReturnType());
        }
        Type[] parameters = method.getGenericParameterTypes();
        return parameters[parameters.length - 1] instanceof ParameterizedType continuation
                ? erase(continuation.getActualTypeArguments()[0])
                : Object.class;
    }

    /** Kotlin passes the continuation of its caller to a suspend method as the last argument. */
    static boolean isSuspend(Method method) {
        Class<?>[] parameters = method.getParameterTypes();
        return parameters.length > 0
                && parameters[parameters.length - 1] == kotlin.coroutines.Continuation.class;
    }
}
