package dev.reprise.interop;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
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

    Declarations(Class<?> type, Class<?> target) {
        this.type = type;
        for (Class<?> c = target; c != null && c != Object.class; c = c.getSuperclass()) {
            classes.add(c);
        }
        all = new LinkedHashSet<>(classes);
        addWithParents(List.of(type));
        classes.forEach(c -> addWithParents(List.of(c.getInterfaces())));
        arguments = new TypeArguments(target, type);
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
    private Stream<Method> methods() {
        return all.stream().flatMap(c -> Stream.of(c.getDeclaredMethods()));
    }

    /** The same, without static ones and those of other names. */
    Stream<Method> named(String name) {
        return methods()
                .filter(m -> m.getName().equals(name) && !Modifier.isStatic(m.getModifiers()));
    }

    /** Returns true if any of them is annotated, or any of the types. */
    boolean anyAnnotated() {
        return Stream.concat(all.stream(), methods())
                .anyMatch(place -> RetryWithReader.find(place) != null);
    }

    /** Returns the methods that a subclass can override. */
    Stream<Method> overridable() {
        int not = Modifier.STATIC | Modifier.PRIVATE;
        return methods()
                .filter(m -> (m.getModifiers() & not) == 0 && !m.isSynthetic())
                .filter(m -> !isOfObject(m));
    }

    private static boolean isOfObject(Method method) {
        return Stream.of(Object.class.getMethods())
                .anyMatch(
                        m ->
                                m.getName().equals(method.getName())
                                        && Arrays.equals(
                                                m.getParameterTypes(), method.getParameterTypes()));
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

    /** Rejects annotations on methods whose calls no proxy of an interface sees. */
    void rejectOutsideInterface() {
        String remedy = "a proxy retries calls through an interface only";
        methods().forEach(m -> requireEffect(m, reasonOutsideInterface(m), remedy));
    }

    /** Rejects annotations on methods that no subclass can override. */
    void rejectNotOverridable() {
        String remedy = "only calls of methods that can be overridden are retried";
        methods().forEach(m -> requireEffect(m, reasonNotOverridable(m), remedy));
    }

    private void requireEffect(Method method, @Nullable String reason, String remedy) {
        if (reason != null && !method.isSynthetic() && RetryWithReader.find(method) != null) {
            throw RetryProxy.invalid(
                    method, reason + ", so the annotation has no effect: " + remedy, null);
        }
    }

    private @Nullable String reasonNotOverridable(Method method) {
        if (Modifier.isStatic(method.getModifiers())) {
            return "the method is static";
        }
        return Modifier.isPrivate(method.getModifiers()) ? "the method is private" : null;
    }

    private @Nullable String reasonOutsideInterface(Method method) {
        String reason = reasonNotOverridable(method);
        if (reason != null) {
            return reason;
        }
        boolean isOfInterface =
                of(method).stream().anyMatch(d -> d.getDeclaringClass().isInterface());
        return isOfInterface
                ? null
                : "no interface of " + classes.get(0).getName() + " declares the method";
    }
}
