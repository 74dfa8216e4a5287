package dev.reprise.interop;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds {@link RetryWith} on a method or a type, also through annotations composed with it. */
final class RetryWithFinder {
    private RetryWithFinder() {}

    /**
     * Returns the annotation nearest to {@code element}.
     *
     * @throws IllegalArgumentException if two composed annotations of it are equally near
     */
    static @Nullable RetryWith find(AnnotatedElement element) {
        RetryWith own = element.getDeclaredAnnotation(RetryWith.class);
        Set<Class<?>> seen = new HashSet<>();
        List<Class<?>> level = own != null ? List.of() : composed(List.of(element), seen);
        while (!level.isEmpty()) {
            List<Class<?>> found =
                    level.stream().filter(a -> a.isAnnotationPresent(RetryWith.class)).toList();
            if (found.size() > 1) {
                throw new IllegalArgumentException(
                        element
                                + " has two annotations composed with @RetryWith; keep one: "
                                + found);
            }
            if (found.size() == 1) {
                return found.get(0).getAnnotation(RetryWith.class);
            }
            level = composed(level, seen);
        }
        return own;
    }

    private static List<Class<?>> composed(
            List<? extends AnnotatedElement> elements, Set<Class<?>> seen) {
        List<Class<?>> types = new ArrayList<>();
        for (AnnotatedElement element : elements) {
            for (Annotation annotation : element.getDeclaredAnnotations()) {
                Class<?> type = annotation.annotationType();
                if (!type.getName().startsWith("java.lang.") && seen.add(type)) {
                    types.add(type);
                }
            }
        }
        return types;
    }
}
