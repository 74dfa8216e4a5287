package dev.reprise.interop;

import dev.reprise.interop.function.ThrowingCallable;
import dev.reprise.interop.internal.Failures;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The methods of a target that replace the failure of a run: the one with the nearest type of
 * failure is called.
 */
record Recovery(List<Candidate> candidates)
        implements BiFunction<Throwable, @Nullable Object[], @Nullable Object> {
    /**
     * One method.
     *
     * @param failure the type of its parameter for the failure; null if it has none
     * @param arguments the number of its other parameters
     */
    record Candidate(MethodCall target, @Nullable Class<?> failure, int arguments) {
        /** Returns how far the class of {@code thrown} is from that of the parameter. */
        int distance(Throwable thrown) {
            Class<?> accepted = failure == null ? Exception.class : failure;
            int distance = 0;
            for (Class<?> c = thrown.getClass(); c != null; c = c.getSuperclass()) {
                if (c == accepted) {
                    return 2 * distance + (failure == null ? 1 : 0);
                }
                distance++;
            }
            return Integer.MAX_VALUE;
        }

        @Nullable Object call(Throwable thrown, @Nullable Object[] passed) {
            if (failure == null) {
                return target.make(Arrays.copyOf(passed, arguments));
            }
            @Nullable Object[] all = new @Nullable Object[arguments + 1];
            all[0] = thrown;
            System.arraycopy(passed, 0, all, 1, arguments);
            return target.make(all);
        }
    }

    /** Returns what replaces {@code thrown}, or throws it if no method accepts it. */
    @Override
    public @Nullable Object apply(Throwable thrown, @Nullable Object[] arguments) {
        Candidate nearest =
                Collections.min(candidates, Comparator.comparingInt(c -> c.distance(thrown)));
        if (nearest.distance(thrown) == Integer.MAX_VALUE) {
            throw Failures.raise(thrown);
        }
        return nearest.call(thrown, arguments);
    }

    Function<Throwable, @Nullable Object> of(@Nullable Object[] arguments) {
        return thrown -> apply(thrown, arguments);
    }

    /** Makes {@code call} and replaces its failure; an interruption of the thread is thrown. */
    @Nullable Object around(
            @Nullable Object[] arguments,
            ThrowingCallable<@Nullable Object, RuntimeException> call) {
        try {
            return call.call();
        } catch (Throwable e) {
            if (e instanceof InterruptedException) {
                throw Failures.raise(e);
            }
            return apply(e, arguments);
        }
    }
}
