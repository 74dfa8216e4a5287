package dev.reprise.interop;

import dev.reprise.ScheduleBuilder;
import dev.reprise.policy.Jitter;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait, as a value: for failures with a schedule of their own, {@code
 * on(Throttled.class, Waits.exponential(Duration.ofSeconds(1)))}. Immutable.
 *
 * <p>Every wait runs from the end of one attempt to the start of the next. All arithmetic saturates
 * at 146 years.
 */
public final class Waits {
    private final Consumer<ScheduleBuilder> calls;

    /** True if they may come to an end, which then ends the run. */
    final boolean end;

    private Waits(boolean end, Consumer<ScheduleBuilder> calls) {
        this.end = end;
        this.calls = calls;
    }

    /**
     * Waits the same time before every retry, without jitter.
     *
     * @param delay the wait; zero retries at once
     * @return the waits
     * @throws IllegalArgumentException if {@code delay} is negative
     */
    public static Waits every(Duration delay) {
        Objects.requireNonNull(delay, "delay");
        require(
                !delay.isNegative(),
                "every must not be negative, but was "
                        + delay
                        + "; every(Duration.ZERO) retries at once");
        return new Waits(false, builder -> Bridge.every(builder, delay));
    }

    /**
     * Waits {@code base}, then each time twice as long, with full jitter.
     *
     * @param base the first wait, before jitter
     * @return the waits
     * @throws IllegalArgumentException if {@code base} is not positive
     */
    public static Waits exponential(Duration base) {
        return exponentialUpTo(base, 2, null);
    }

    /**
     * Waits {@code base}, then each time twice as long, never longer than {@code max}, with full
     * jitter.
     *
     * @param base the first wait, before jitter
     * @param max the longest wait
     * @return the waits
     * @throws IllegalArgumentException if {@code base} is not positive, or {@code max} is below it
     */
    public static Waits exponential(Duration base, Duration max) {
        return exponential(base, 2, max);
    }

    /**
     * Waits {@code base}, then each time {@code factor} times as long, never longer than {@code
     * max}. Full jitter by default: each wait is anything between zero and the computed one.
     *
     * @param base the first wait, before jitter
     * @param factor how much longer each wait is than the one before
     * @param max the longest wait
     * @return the waits
     * @throws IllegalArgumentException if {@code base} is not positive, {@code factor} is below 1
     *     or not finite, or {@code max} is below {@code base}
     */
    public static Waits exponential(Duration base, double factor, Duration max) {
        return exponentialUpTo(base, factor, Objects.requireNonNull(max, "max"));
    }

    static Waits exponentialUpTo(Duration base, double factor, @Nullable Duration max) {
        requireBase(base, max);
        require(
                factor >= 1 && Double.isFinite(factor),
                "factor must be a finite number of at least 1, but was "
                        + factor
                        + "; every("
                        + base
                        + ") keeps the wait the same");
        return new Waits(false, builder -> Bridge.exponential(builder, base, factor, max));
    }

    /**
     * Waits {@code base}, then each time {@code base} longer: 1 s, 2 s, 3 s …, without jitter.
     *
     * @param base the first wait and the step
     * @return the waits
     * @throws IllegalArgumentException if {@code base} is not positive
     */
    public static Waits linear(Duration base) {
        return linearUpTo(base, base, null);
    }

    /**
     * Waits {@code base}, then each time {@code step} longer, never longer than {@code max}.
     *
     * @param base the first wait
     * @param step how much longer each wait is than the one before
     * @param max the longest wait
     * @return the waits
     * @throws IllegalArgumentException if {@code base} is not positive, {@code step} is negative,
     *     or {@code max} is below {@code base}
     */
    public static Waits linear(Duration base, Duration step, Duration max) {
        return linearUpTo(base, step, Objects.requireNonNull(max, "max"));
    }

    private static Waits linearUpTo(Duration base, Duration step, @Nullable Duration max) {
        requireBase(base, max);
        require(!step.isNegative(), "step must not be negative, but was " + step);
        return new Waits(false, builder -> Bridge.linear(builder, base, step, max));
    }

    /**
     * Waits {@code base} times 1, 1, 2, 3, 5, 8 …, without jitter.
     *
     * @param base the first wait
     * @return the waits
     * @throws IllegalArgumentException if {@code base} is not positive
     */
    public static Waits fibonacci(Duration base) {
        return fibonacciUpTo(base, null);
    }

    /**
     * Waits {@code base} times 1, 1, 2, 3, 5, 8 …, never longer than {@code max}.
     *
     * @param base the first wait
     * @param max the longest wait
     * @return the waits
     * @throws IllegalArgumentException if {@code base} is not positive or {@code max} is below it
     */
    public static Waits fibonacci(Duration base, Duration max) {
        return fibonacciUpTo(base, Objects.requireNonNull(max, "max"));
    }

    private static Waits fibonacciUpTo(Duration base, @Nullable Duration max) {
        requireBase(base, max);
        return new Waits(false, builder -> Bridge.fibonacci(builder, base, max));
    }

    /**
     * Waits these durations, in this order; their end is also the limit: three waits allow four
     * attempts.
     *
     * @param waits the waits
     * @return the waits
     * @throws IllegalArgumentException if there is none, or one is negative
     */
    public static Waits delays(Duration... waits) {
        return delays(List.of(waits));
    }

    /**
     * Waits what {@code waits} yields; its end, if it has one, is also the limit.
     *
     * <p>A collection is data, copied here. Anything else is code: each run asks for an iterator of
     * its own, a negative wait counts as zero, and the policy cannot be stored.
     *
     * @param waits the waits
     * @return the waits
     * @throws IllegalArgumentException if it is a collection and empty, or a wait in it is negative
     */
    public static Waits delays(Iterable<Duration> waits) {
        if (!(waits instanceof Collection<Duration> listed)) {
            Objects.requireNonNull(waits, "waits");
            return new Waits(true, builder -> Bridge.delays(builder, waits));
        }
        List<Duration> copy = List.copyOf(listed);
        require(
                !copy.isEmpty(),
                "delays must name at least one wait; maxAttempts(1) makes a single attempt");
        for (Duration wait : copy) {
            require(
                    !wait.isNegative(),
                    "a wait must not be negative, but was " + wait + " in delays(" + copy + ")");
        }
        return new Waits(true, builder -> Bridge.delays(builder, copy));
    }

    /**
     * Spreads these waits.
     *
     * @param kind default: {@code Full} for {@code exponential}, {@code None} for the others
     * @return these waits with that jitter; jitter can be given once
     */
    public Waits jitter(Jitter kind) {
        Objects.requireNonNull(kind, "kind");
        return new Waits(end, calls.andThen(builder -> builder.jitter(kind)));
    }

    void tell(ScheduleBuilder builder) {
        calls.accept(builder);
    }

    private static void requireBase(Duration base, @Nullable Duration max) {
        require(
                !base.isNegative() && !base.isZero(),
                "base must be positive, but was "
                        + base
                        + "; every(Duration.ZERO) retries at once");
        require(
                max == null || max.compareTo(base) >= 0,
                "max must be at least base (" + base + "), but was " + max);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
