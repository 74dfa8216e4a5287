package dev.reprise.interop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the methods of a target are declared: in its class, in the superclasses, in the interface
 * of the proxy and in all others, nearest first. A method and what it overrides are one method,
 * whatever generic types their parameters have.
 */
final class Declarations {
    private final Class<?> type;
    private final List<Class<?>> classes = new ArrayList<>();
    private final Set<Class<?>> interfaces = new LinkedHashSet<>();
    private final TypeArguments arguments;

    Declarations(Class<?> type, Object target) {
        this.type = type;
        for (Class<?> c = target.getClass();
                c != null && c != Object.class;
                c = c.getSuperclass()) {
            classes.add(c);
        }
        addWithParents(List.of(type));
        classes.forEach(c -> addWithParents(List.of(c.getInterfaces())));
        arguments = new TypeArguments(target.getClass(), type);
    }

    private void addWithParents(Collection<Class<?>> level) {
        if (!level.isEmpty()) {
            interfaces.addAll(level);
            Set<Class<?>> parents = new LinkedHashSet<>();
            level.forEach(c -> parents.addAll(List.of(c.getInterfaces())));
            addWithParents(parents);
        }
    }

    TypeArguments arguments() {
        return arguments;
    }

    List<Class<?>> classes() {
        return classes;
    }

    Set<Class<?>> interfaces() {
        return interfaces;
    }

    /** Returns the declarations of {@code method}, nearest first; bridges are not among them. */
    List<Method> of(Method method) {
        List<Method> all = new ArrayList<>();
        classes.forEach(c -> addNamed(method, c, all));
        interfaces.forEach(c -> addNamed(method, c, all));
        Set<List<Class<?>>> signatures = new HashSet<>();
        signatures.add(List.of(method.getParameterTypes()));
        while (all.stream().anyMatch(d -> addSignature(d, signatures))) {
            // What overrides in one class can have another erasure in the next.
        }
        return all.stream()
                .filter(d -> !d.isBridge() && signatures.contains(List.of(d.getParameterTypes())))
                .toList();
    }

    private static void addNamed(Method method, Class<?> declaring, List<Method> all) {
        for (Method declared : declaring.getDeclaredMethods()) {
            if (declared.getName().equals(method.getName())
                    && declared.getParameterCount() == method.getParameterCount()
                    && isInherited(declared)) {
                all.add(declared);
            }
        }
    }

    private static boolean isInherited(Method method) {
        return (method.getModifiers() & (Modifier.STATIC | Modifier.PRIVATE)) == 0;
    }

    private boolean addSignature(Method declared, Set<List<Class<?>>> signatures) {
        List<Class<?>> erased = List.of(declared.getParameterTypes());
        List<Class<?>> resolved = arguments.parametersOf(declared);
        boolean isSame = signatures.contains(erased) || signatures.contains(resolved);
        return isSame && signatures.addAll(List.of(erased, resolved));
    }

    /** Returns the annotation that applies to calls of a method with these declarations. */
    @Nullable RetryWith annotationOf(List<Method> declarations) {
        for (Method declared : declarations) {
            RetryWith own = RetryWithFinder.find(declared);
            if (own != null) {
                return own;
            }
        }
        Set<Class<?>> owners = new LinkedHashSet<>(classes);
        owners.add(type);
        declarations.forEach(d -> owners.add(d.getDeclaringClass()));
        return owners.stream()
                .map(RetryWithFinder::find)
                .filter(found -> found != null)
                .findFirst()
                .orElse(null);
    }

    /** Rejects annotations on methods whose calls no proxy sees. */
    void rejectWithoutEffect() {
        classes.forEach(this::rejectWithoutEffect);
        interfaces.forEach(this::rejectWithoutEffect);
    }

    private void rejectWithoutEffect(Class<?> declaring) {
        for (Method method : declaring.getDeclaredMethods()) {
            if (!method.isSynthetic() && RetryWithFinder.find(method) != null) {
                String reason = unseen(method);
                if (reason != null) {
                    throw RetryProxy.invalid(
                            method,
                            reason
                                    + ", so the annotation has no effect: a proxy retries calls"
                                    + " through an interface only",
                            null);
                }
            }
        }
    }

    private @Nullable String unseen(Method method) {
        if (Modifier.isStatic(method.getModifiers())) {
            return "the method is static";
        }
        if (Modifier.isPrivate(method.getModifiers())) {
            return "the method is private";
        }
        boolean isOfInterface =
                of(method).stream().anyMatch(d -> d.getDeclaringClass().isInterface());
        return isOfInterface
                ? null
                : "no interface of " + classes.get(0).getName() + " declares the method";
    }
}
