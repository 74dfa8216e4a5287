package dev.reprise.interop;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the methods that {@link RetryWith#recover} names, in the class of the target. */
final class RecoveryFinder {
    private final Declarations declarations;
    private final Object target;
    private final Method method;
    private final String name;
    private final List<Class<?>> arguments;
    private final Class<?> result;

    private RecoveryFinder(Declarations declarations, Object target, Method method, String name) {
        this.declarations = declarations;
        this.target = target;
        this.method = method;
        this.name = name;
        arguments = declarations.arguments().valuesOf(method);
        result = declarations.arguments().resultOf(method);
    }

    /**
     * Returns the methods that {@code annotation} names; null if it names none.
     *
     * @throws IllegalArgumentException if none has the right signature
     */
    static @Nullable Recovery find(
            RetryWith annotation, Declarations declarations, Object target, Method method) {
        String name = annotation.recover();
        return name.isEmpty()
                ? null
                : new RecoveryFinder(declarations, target, method, name).find();
    }

    private Recovery find() {
        List<Recovery.Candidate> candidates = new ArrayList<>();
        Set<List<Class<?>>> overridden = new HashSet<>();
        for (Method declared : declarations.named(name).filter(m -> !m.isBridge()).toList()) {
            List<Class<?>> values = declarations.arguments().valuesOf(declared);
            boolean hasFailure = hasFailure(values);
            List<Class<?>> others = values.subList(hasFailure ? 1 : 0, values.size());
            if (overridden.add(values) && others.equals(arguments)) {
                Class<?> failure = hasFailure ? values.get(0) : null;
                check(declared, failure);
                MethodCall called = MethodCall.of(declared, target);
                int passed = declared.getParameterCount() - (hasFailure ? 1 : 0);
                candidates.add(new Recovery.Candidate(called, failure, passed));
            }
        }
        if (candidates.isEmpty()) {
            throw new IllegalArgumentException(
                    "recover names %s, but %s has no such method with the signature it needs: %s"
                            .formatted(
                                    name, target.getClass().getName(), signature("[Exception]")));
        }
        return new Recovery(candidates);
    }

    private boolean hasFailure(List<Class<?>> values) {
        return values.size() == arguments.size() + 1
                && Throwable.class.isAssignableFrom(values.get(0));
    }

    private void check(Method declared, @Nullable Class<?> failure) {
        if (TypeArguments.isSuspend(declared) && !TypeArguments.isSuspend(method)) {
            throw new IllegalArgumentException(
                    "the recover method " + name + " suspends, but the retried method does not");
        }
        Class<?> returned = declarations.arguments().resultOf(declared);
        if (!boxed(result).isAssignableFrom(boxed(returned))) {
            String first = failure == null ? "[Exception]" : failure.getSimpleName();
            throw new IllegalArgumentException(
                    "the recover method %s returns %s; it needs the signature %s"
                            .formatted(name, returned.getTypeName(), signature(first)));
        }
    }

    /** A suspend method returns no primitive and no {@code void}, but Unit. */
    private static Class<?> boxed(Class<?> type) {
        return type == void.class
                ? kotlin.Unit.class
                : java.lang.invoke.MethodType.methodType(type).wrap().returnType();
    }

    private String signature(String failure) {
        return Stream.concat(Stream.of(failure), arguments.stream().map(Class::getSimpleName))
                .collect(Collectors.joining(", ", result.getSimpleName() + " " + name + "(", ")"));
    }
}
