package dev.reprise.interop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
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
        List<Class<?>> parameters = declarations.arguments().parametersOf(method);
        boolean isSuspend = TypeArguments.isSuspend(method);
        arguments = isSuspend ? parameters.subList(0, parameters.size() - 1) : parameters;
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
        for (Method declared : named()) {
            List<Class<?>> parameters = declarations.arguments().parametersOf(declared);
            if (overridden.add(parameters) && fits(declared, parameters)) {
                candidates.add(candidate(declared, parameters));
            }
        }
        if (candidates.isEmpty()) {
            throw new IllegalArgumentException(
                    "recover names "
                            + name
                            + ", but "
                            + target.getClass().getName()
                            + " has no such method with the signature it needs: "
                            + signature(""));
        }
        return new Recovery(candidates);
    }

    private List<Method> named() {
        return Stream.concat(declarations.classes().stream(), declarations.interfaces().stream())
                .flatMap(c -> Stream.of(c.getDeclaredMethods()))
                .filter(m -> m.getName().equals(name) && !m.isBridge())
                .filter(m -> !Modifier.isStatic(m.getModifiers()))
                .toList();
    }

    private boolean fits(Method declared, List<Class<?>> parameters) {
        List<Class<?>> passed = withoutContinuation(declared, parameters);
        boolean hasFailure = hasFailure(passed);
        if (!(hasFailure ? passed.subList(1, passed.size()) : passed).equals(arguments)) {
            return false;
        }
        boolean isSuspend = passed.size() < parameters.size();
        if (isSuspend && !TypeArguments.isSuspend(method)) {
            throw new IllegalArgumentException(
                    "the recover method " + name + " suspends, but the retried method does not");
        }
        if (!boxed(result).isAssignableFrom(boxed(declarations.arguments().resultOf(declared)))) {
            throw new IllegalArgumentException(
                    "the recover method "
                            + name
                            + " returns "
                            + declarations.arguments().resultOf(declared).getTypeName()
                            + "; it needs the signature "
                            + signature(hasFailure ? passed.get(0).getSimpleName() : ""));
        }
        return true;
    }

    private static List<Class<?>> withoutContinuation(Method declared, List<Class<?>> parameters) {
        return TypeArguments.isSuspend(declared)
                ? parameters.subList(0, parameters.size() - 1)
                : parameters;
    }

    private boolean hasFailure(List<Class<?>> passed) {
        return passed.size() == arguments.size() + 1
                && Throwable.class.isAssignableFrom(passed.get(0));
    }

    private Recovery.Candidate candidate(Method declared, List<Class<?>> parameters) {
        boolean hasFailure = hasFailure(withoutContinuation(declared, parameters));
        return new Recovery.Candidate(
                TargetMethod.of(declared, target),
                hasFailure ? parameters.get(0) : null,
                hasFailure ? parameters.size() - 1 : parameters.size());
    }

    /** A suspend method returns no primitive and no {@code void}, but Unit. */
    private static Class<?> boxed(Class<?> type) {
        return type == void.class
                ? kotlin.Unit.class
                : java.lang.invoke.MethodType.methodType(type).wrap().returnType();
    }

    private String signature(String failure) {
        String passed =
                arguments.stream().map(Class::getSimpleName).collect(Collectors.joining(", "));
        String first = failure.isEmpty() ? "[Exception]" : failure;
        String all = passed.isEmpty() ? first : first + ", " + passed;
        return result.getSimpleName() + " " + name + "(" + all + ")";
    }
}
