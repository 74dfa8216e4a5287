package dev.reprise.interop;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the methods of a target are declared: in its class, in the superclasses, in the interface
 * of the proxy and in all others, nearest first. A method and what it overrides are one method,
 * whatever generic types their parameters have.
 */
final class Declarations {
    private final Class<?> type;
    private final List<Class<?>> classes = new ArrayList<>();
    private final Set<Class<?>> all;
    private final TypeArguments arguments;

    Declarations(Class<?> type, Object target) {
        this.type = type;
        for (Class<?> c = target.getClass();
                c != null && c != Object.class;
                c = c.getSuperclass()) {
            classes.add(c);
        }
        all = new LinkedHashSet<>(classes);
        addWithParents(List.of(type));
        classes.forEach(c -> addWithParents(List.of(c.getInterfaces())));
        arguments = new TypeArguments(target.getClass(), type);
    }

    private void addWithParents(Collection<Class<?>> level) {
        if (!level.isEmpty()) {
            all.addAll(level);
            Set<Class<?>> parents = new LinkedHashSet<>();
            level.forEach(c -> parents.addAll(List.of(c.getInterfaces())));
            addWithParents(parents);
        }
    }

    TypeArguments arguments() {
        return arguments;
    }

    /** Returns the methods that these classes and interfaces declare, nearest first. */
    Stream<Method> named(String name) {
        return all.stream()
                .flatMap(c -> Stream.of(c.getDeclaredMethods()))
                .filter(m -> m.getName().equals(name) && !Modifier.isStatic(m.getModifiers()));
    }

    /** Returns the declarations of {@code method}, nearest first; bridges are not among them. */
    List<Method> of(Method method) {
        List<Method> similar =
                named(method.getName())
                        .filter(d -> d.getParameterCount() == method.getParameterCount())
                        .filter(d -> !Modifier.isPrivate(d.getModifiers()))
                        .toList();
        Set<List<Class<?>>> signatures = new HashSet<>();
        signatures.add(List.of(method.getParameterTypes()));
        while (similar.stream().anyMatch(d -> addSignature(d, signatures))) {
            // What overrides in one class can have another erasure in the next.
        }
        return similar.stream()
                .filter(d -> !d.isBridge() && signatures.contains(List.of(d.getParameterTypes())))
                .toList();
    }

    private boolean addSignature(Method declared, Set<List<Class<?>>> signatures) {
        List<Class<?>> erased = List.of(declared.getParameterTypes());
        List<Class<?>> resolved = arguments.parametersOf(declared);
        boolean isSame = signatures.contains(erased) || signatures.contains(resolved);
        return isSame && signatures.addAll(List.of(erased, resolved));
    }

    /** Returns the annotation that applies to calls of a method with these declarations. */
    @Nullable RetryWith annotationOf(List<Method> declarations) {
        Set<AnnotatedElement> places = new LinkedHashSet<>(declarations);
        places.addAll(classes);
        places.add(type);
        declarations.forEach(d -> places.add(d.getDeclaringClass()));
        return places.stream()
                .map(RetryWithReader::find)
                .filter(found -> found != null)
                .findFirst()
                .orElse(null);
    }

    /** Rejects annotations on methods whose calls no proxy sees. */
    void rejectWithoutEffect() {
        all.stream().flatMap(c -> Stream.of(c.getDeclaredMethods())).forEach(this::requireEffect);
    }

    private void requireEffect(Method method) {
        boolean isAnnotated = !method.isSynthetic() && RetryWithReader.find(method) != null;
        String reason = isAnnotated ? unseen(method) : null;
        if (reason != null) {
            throw RetryProxy.invalid(
                    method,
                    reason
                            + ", so the annotation has no effect: a proxy retries calls through an"
                            + " interface only",
                    null);
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
