package dev.reprise.interop;

import dev.reprise.NamedPolicies;
import dev.reprise.RetryPolicy;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds {@link RetryWith} on a method or a type, also through annotations composed with it, and
 * builds a runner from it.
 */
final class RetryWithReader {
    private RetryWithReader() {}

    /**
     * Returns the annotation nearest to {@code element}.
     *
     * @throws IllegalArgumentException if two composed annotations of it are equally near
     */
    static @Nullable RetryWith find(AnnotatedElement element) {
        Set<Class<?>> seen = new HashSet<>();
        List<? extends AnnotatedElement> level = List.of(element);
        while (!level.isEmpty()) {
            List<? extends AnnotatedElement> found =
                    level.stream()
                            .filter(e -> e.getDeclaredAnnotation(RetryWith.class) != null)
                            .toList();
            if (found.size() > 1) {
                throw new IllegalArgumentException(
                        element
                                + " has two annotations composed with @RetryWith; keep one: "
                                + found);
            }
            if (found.size() == 1) {
                return found.get(0).getDeclaredAnnotation(RetryWith.class);
            }
            level = composed(level, seen);
        }
        return null;
    }

    private static List<Class<?>> composed(
            List<? extends AnnotatedElement> elements, Set<Class<?>> seen) {
        return elements.stream()
                .flatMap(element -> Stream.of(element.getDeclaredAnnotations()))
                .<Class<?>>map(Annotation::annotationType)
                .filter(type -> !type.getName().startsWith("java.lang.") && seen.add(type))
                .toList();
    }

    /**
     * Builds the runner of {@code method}; {@code texts} resolves placeholders, {@code customizer}
     * adds the rest.
     *
     * @throws IllegalArgumentException if the settings are invalid
     */
    static RetryRunner read(
            RetryWith annotation,
            Method method,
            @Nullable NamedPolicies policies,
            UnaryOperator<String> texts,
            BiConsumer<? super Method, ? super RetryRunner.Builder> customizer) {
        RetryRunner.Builder builder = RetryRunner.builder();
        policy(texts.apply(annotation.value()), method, policies, builder);
        String settings = texts.apply(notation(annotation));
        if (!settings.isEmpty()) {
            builder.notation(settings);
        }
        rules(annotation, builder);
        customizer.accept(method, builder);
        return builder.build();
    }

    private static void policy(
            String value,
            Method method,
            @Nullable NamedPolicies policies,
            RetryRunner.Builder builder) {
        if (isNotation(value)) {
            ClassLoader loader = method.getDeclaringClass().getClassLoader();
            builder.policy(RetryPolicy.parse(value, loader));
        } else if (policies != null && !value.isEmpty()) {
            builder.policy(policies, value);
        } else if (!value.isEmpty()) {
            throw new IllegalArgumentException(
                    "'"
                            + value
                            + "' is the name of a policy; pass the NamedPolicies that has it to"
                            + " RetryProxy.of, or write a notation, such as maxAttempts(3)");
        }
    }

    private static boolean isNotation(String value) {
        return value.chars().anyMatch(c -> c == '(' || Character.isWhitespace(c));
    }

    private static void rules(RetryWith annotation, RetryRunner.Builder builder) {
        builder.on(annotation.on());
        for (Class<? extends Throwable> cause : annotation.onCause()) {
            builder.onCause(cause);
        }
        builder.unless(annotation.unless());
    }

    /**
     * Returns the schedule and the limits in the notation of policies, whose parser checks them.
     */
    private static String notation(RetryWith annotation) {
        StringBuilder text = new StringBuilder();
        add(text, "every", annotation.every());
        if (!annotation.exponential().isEmpty()) {
            add(text, "exponential", growth(annotation));
        } else if (!annotation.max().isEmpty() || annotation.factor() != 2) {
            throw new IllegalArgumentException("factor and max need exponential");
        }
        add(text, "delays", String.join(", ", annotation.delays()));
        for (var kind : annotation.jitter()) {
            add(text, "jitter", kind.name().toLowerCase(Locale.ROOT));
        }
        add(text, "maxRetries", count(annotation.maxRetries()));
        add(text, "maxAttempts", count(annotation.maxAttempts()));
        add(text, "maxDuration", annotation.maxDuration());
        add(text, "attemptTimeout", annotation.attemptTimeout());
        return annotation.forever() ? text.append("forever").toString() : text.toString();
    }

    private static String growth(RetryWith annotation) {
        String max = annotation.max().isEmpty() ? "" : ", max=" + annotation.max();
        return annotation.exponential() + ", factor=" + annotation.factor() + max;
    }

    private static String count(int value) {
        return value == -1 ? "" : Integer.toString(value);
    }

    private static void add(StringBuilder text, String call, String argument) {
        if (!argument.isEmpty()) {
            text.append(call).append('(').append(argument).append(") ");
        }
    }
}
