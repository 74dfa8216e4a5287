package dev.reprise.interop;

import dev.reprise.NamedPolicies;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Prepares the calls of all methods of a proxy, or of a class whose calls are intercepted. */
final class ProxyCalls {
    private final Class<?> type;
    private final Object target;
    private final @Nullable NamedPolicies policies;
    private final UnaryOperator<String> texts;
    private final BiConsumer<? super Method, ? super RetryRunner.Builder> customizer;
    private final Declarations declarations;

    /** The runners by declaration: a method that is overridden has one. */
    private final Map<Method, RetryRunner> runners = new HashMap<>();

    ProxyCalls(
            Class<?> type,
            Object target,
            @Nullable NamedPolicies policies,
            UnaryOperator<String> texts,
            BiConsumer<? super Method, ? super RetryRunner.Builder> customizer) {
        this.type = type;
        this.target = target;
        this.policies = policies;
        this.texts = texts;
        this.customizer = customizer;
        this.declarations = new Declarations(type, target.getClass());
    }

    /**
     * Returns how the calls of each method are made.
     *
     * @throws IllegalArgumentException if none is retried, or an annotation is invalid
     */
    Map<Method, MethodCall> prepare() {
        Map<Method, MethodCall> calls = new HashMap<>();
        for (Method method : type.getMethods()) {
            if (!Modifier.isStatic(method.getModifiers())) {
                calls.put(method, call(method, MethodCall.of(method, target)));
            }
        }
        declarations.rejectOutsideInterface();
        if (runners.isEmpty()) {
            throw new IllegalArgumentException(
                    "neither %s nor %s has a method with @RetryWith"
                            .formatted(type.getName(), target.getClass().getName()));
        }
        return calls;
    }

    /**
     * Returns how the methods of the target itself are retried.
     *
     * @throws IllegalArgumentException if an annotation is invalid
     */
    Map<Method, MethodCall.Retried> prepareTarget() {
        declarations.rejectNotOverridable();
        Map<Method, MethodCall.Retried> calls = new LinkedHashMap<>();
        for (Method method : declarations.overridable().toList()) {
            List<Method> declared = declarations.of(method);
            RetryWith annotation = declarations.annotationOf(declared);
            if (annotation != null && !calls.containsKey(method)) {
                MethodCall.Retried retried = retried(declared.get(0), annotation, declared.get(0));
                declared.forEach(d -> calls.put(d, retried));
            }
        }
        return calls;
    }

    private MethodCall call(Method method, MethodCall called) {
        List<Method> declared = declarations.of(method);
        RetryWith annotation = declarations.annotationOf(declared);
        if (annotation == null) {
            return MethodCall.passing(method, called);
        }
        MethodCall.Retried retried = retried(method, annotation, nearestInInterface(declared));
        return arguments -> retried.make(called, arguments);
    }

    private MethodCall.Retried retried(Method method, RetryWith annotation, Method nearest) {
        try {
            RetryRunner runner =
                    runners.computeIfAbsent(
                            nearest,
                            m -> RetryWithReader.read(annotation, m, policies, texts, customizer));
            return MethodCall.retrying(
                    method,
                    declarations.arguments().resultOf(nearest),
                    runner,
                    RecoveryFinder.find(annotation, declarations, target, nearest));
        } catch (IllegalArgumentException e) {
            throw RetryProxy.invalid(nearest, e.getMessage(), e);
        }
    }

    /** The customizer gets a method of the interface, as it stands there. */
    private static Method nearestInInterface(List<Method> declared) {
        return declared.stream()
                .filter(d -> d.getDeclaringClass().isInterface())
                .findFirst()
                .orElseThrow();
    }
}
