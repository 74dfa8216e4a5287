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
 * <p>The annotation of a method overrides that of the proxied interface, and that overrides the one
 * of the interface that declares the method. It needs a limit: a count, {@link #maxDuration},
 * {@link #delays}, {@link #forever}, or a stop signal that the customizer sets. A duration is a
 * number and a unit of {@code d h m s ms us ns}, or several, largest first: {@code 250ms}, {@code
 * 1m30s}, {@code 3d}.
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
     * @return a duration; default: no delay
     */
    String every() default "";

    /**
     * Waits this long, then each time {@link #factor} times as long, with full jitter.
     *
     * @return a duration
     */
    String exponential() default "";

    /**
     * The factor between one delay of {@link #exponential} and the next.
     *
     * @return at least 1
     */
    double factor() default 2;

    /**
     * The longest delay of {@link #exponential}.
     *
     * @return a duration; default: no maximum
     */
    String max() default "";

    /**
     * Waits these durations, in this order; their end is also a limit.
     *
     * @return durations
     */
    String[] delays() default {};

    /**
     * Spreads the delays.
     *
     * @return one kind; default: {@code FULL} for {@link #exponential}, otherwise {@code NONE}
     */
    Jitter[] jitter() default {};

    /**
     * The failures that are retried.
     *
     * @return default: any {@code Exception} except an interruption
     */
    Class<? extends Throwable>[] on() default {};

    /**
     * Failures that have one of these among their causes are retried as well.
     *
     * @return default: none
     */
    Class<? extends Throwable>[] onCause() default {};

    /**
     * The failures that are never retried, whatever {@link #on} names.
     *
     * @return default: none
     */
    Class<? extends Throwable>[] unless() default {};

    /**
     * The attempts after the first. Zero is rejected because it is ambiguous ("no limit" or
     * "none"): use {@link #forever} or {@code maxAttempts = 1}.
     *
     * @return at least 1; default: no limit
     */
    int maxRetries() default -1;

    /**
     * The attempts in total, including the first.
     *
     * @return at least 1; default: no limit
     */
    int maxAttempts() default -1;

    /**
     * Retries without limit.
     *
     * @return true if it retries without limit
     */
    boolean forever() default false;

    /**
     * The time limit of the whole run.
     *
     * @return a duration; default: no limit
     */
    String maxDuration() default "";

    /**
     * The time limit of one attempt.
     *
     * @return a duration; default: no limit
     */
    String attemptTimeout() default "";
}
