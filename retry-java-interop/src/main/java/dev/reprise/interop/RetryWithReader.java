package dev.reprise.interop;

import dev.reprise.RetryPolicy;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** From an annotation to the retries it describes. */
final class RetryWithReader {
    private RetryWithReader() {}

    /** The annotation that says how calls of {@code method} through {@code type} are retried. */
    static @Nullable RetryWith find(Class<?> type, Method method) {
        RetryWith own = method.getAnnotation(RetryWith.class);
        RetryWith wrapped = own != null ? own : type.getAnnotation(RetryWith.class);
        return wrapped != null
                ? wrapped
                : method.getDeclaringClass().getAnnotation(RetryWith.class);
    }

    /**
     * Builds what the annotation of {@code method} says; {@code alive} adds what no annotation can.
     */
    static RetryRunner read(RetryWith told, Method method, Consumer<? super RetriesBuilder> alive) {
        try {
            RetriesBuilder builder = RetryRunner.builder();
            if (!told.policy().isEmpty()) {
                ClassLoader loader = method.getDeclaringClass().getClassLoader();
                builder.policy(RetryPolicy.parse(told.policy(), loader));
            }
            waits(told, builder);
            rules(told, builder);
            limits(told, builder);
            alive.accept(builder);
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw RetryProxy.refused(method, e.getMessage(), e);
        }
    }

    private static void waits(RetryWith told, RetriesBuilder builder) {
        if (!told.every().isEmpty()) {
            builder.every(DurationText.parse("every", told.every()));
        }
        if (told.exponential().isEmpty()) {
            require(told.max().isEmpty(), "max = \"" + told.max() + "\" needs exponential");
            require(told.factor() == 2, "factor = " + told.factor() + " needs exponential");
        } else {
            Duration base = DurationText.parse("exponential", told.exponential());
            Duration max = told.max().isEmpty() ? null : DurationText.parse("max", told.max());
            builder.waits(Waits.exponentialUpTo(base, told.factor(), max));
        }
        if (told.delays().length > 0) {
            builder.delays(
                    Arrays.stream(told.delays())
                            .map(wait -> DurationText.parse("delays", wait))
                            .toList());
        }
        for (var kind : told.jitter()) {
            builder.jitter(kind);
        }
    }

    private static void rules(RetryWith told, RetriesBuilder builder) {
        Arrays.stream(told.on()).forEach(builder::on);
        Arrays.stream(told.onCause()).forEach(builder::onCause);
        Arrays.stream(told.unless()).forEach(builder::unless);
    }

    private static void limits(RetryWith told, RetriesBuilder builder) {
        require(
                told.maxRetries() != 0,
                "maxRetries = 0 is not clear; forever = true sets no limit, maxAttempts = 1 makes a"
                        + " single attempt");
        if (told.maxRetries() != -1) {
            builder.maxRetries(told.maxRetries());
        }
        if (told.maxAttempts() != -1) {
            builder.maxAttempts(told.maxAttempts());
        }
        if (!told.within().isEmpty()) {
            builder.within(DurationText.parse("within", told.within()));
        }
        if (!told.attemptTimeout().isEmpty()) {
            builder.attemptTimeout(DurationText.parse("attemptTimeout", told.attemptTimeout()));
        }
        if (told.forever()) {
            builder.forever();
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
