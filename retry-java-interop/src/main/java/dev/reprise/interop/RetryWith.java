package dev.reprise.interop;

import dev.reprise.policy.Jitter;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Retries the calls of an interface method, or of all methods of an interface, through {@link
 * RetryProxy#of}.
 *
 * <pre>{@code
 * interface Directory {
 *     @RetryWith(every = "60s", on = ConnectException.class, maxRetries = 3)
 *     Entry find(String name) throws IOException;
 * }
 * }</pre>
 *
 * <p>The annotation of a method wins over that of the wrapped interface, and that over the one of
 * the interface that declares the method. Something has to end it: a count, {@link #maxDuration},
 * {@link #delays}, {@link #forever}, or a stop signal that is given to {@code wrap}. A duration is
 * a number and a unit of {@code d h m s ms us ns}, or several of falling size: {@code 250ms},
 * {@code 1m30s}, {@code 3d}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface RetryWith {
    /**
     * A policy in the notation of {@code RetryPolicy.parse}, instead of all other settings: {@code
     * "exponential(100ms, max=10s) maxAttempts(5)"}.
     *
     * @return default: none
     */
    String value() default "";

    /**
     * Waits the same time before every retry.
     *
     * @return a duration; by default there is no wait
     */
    String every() default "";

    /**
     * Waits this long, then each time {@link #factor} times as long, with full jitter.
     *
     * @return a duration
     */
    String exponential() default "";

    /**
     * How much longer each wait of {@link #exponential} is than the one before.
     *
     * @return at least 1
     */
    double factor() default 2;

    /**
     * The longest wait of {@link #exponential}.
     *
     * @return a duration; by default there is none
     */
    String max() default "";

    /**
     * Waits these times, in this order; their end is also the limit.
     *
     * @return durations
     */
    String[] delays() default {};

    /**
     * Spreads the waits.
     *
     * @return one kind; by default {@code Full} for {@link #exponential}, else {@code None}
     */
    Jitter[] jitter() default {};

    /**
     * The failures that are retried.
     *
     * @return by default any {@code Exception} but an interruption
     */
    Class<? extends Throwable>[] on() default {};

    /**
     * Failures that have one of these among their causes are retried as well.
     *
     * @return by default none
     */
    Class<? extends Throwable>[] onCause() default {};

    /**
     * The failures that are never retried, whatever {@link #on} says.
     *
     * @return by default none
     */
    Class<? extends Throwable>[] unless() default {};

    /**
     * The calls after the first. Zero is refused: it meant "without limit" to some and "none" to
     * others; say {@link #forever} or {@code maxAttempts = 1}.
     *
     * @return at least 1; by default no limit
     */
    int maxRetries() default -1;

    /**
     * The calls in all, the first included.
     *
     * @return at least 1; by default no limit
     */
    int maxAttempts() default -1;

    /**
     * Sets no limit.
     *
     * @return true if it retries without limit
     */
    boolean forever() default false;

    /**
     * The time for the whole run.
     *
     * @return a duration; by default there is no such limit
     */
    String maxDuration() default "";

    /**
     * The time for one attempt.
     *
     * @return a duration; by default there is no such limit
     */
    String attemptTimeout() default "";
}
