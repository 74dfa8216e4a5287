package dev.reprise.interop;

import dev.reprise.policy.Jitter;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Retries the calls of a method, or of all methods of a type, through {@link RetryProxy#of}.
 *
 * <pre>{@code
 * interface Directory {
 *     @RetryWith(every = "60s", on = ConnectException.class, maxRetries = 3)
 *     Entry find(String name) throws IOException;
 * }
 * }</pre>
 *
 * <p>It can be on the interface, on an interface that it extends, and on the class of the target;
 * an overriding method need not repeat it. The annotation of a method wins over that of a type, and
 * the nearest one wins: the class of the target, its superclasses, the interface, the interfaces it
 * extends. It can also be on an annotation type (with {@code @Retention(RUNTIME)}), which then
 * means the same. Where it would have no effect, {@code RetryProxy.of} rejects it, except that a
 * call that an object makes to itself is not seen, and not retried: use a {@link RetryRunner}
 * there.
 *
 * <p>Each needs a limit: a count, {@link #maxDuration}, {@link #delays}, {@link #forever}, or a
 * stop signal set by the customizer of {@code RetryProxy.of}. A duration is a number and a unit of
 * {@code d h m s ms us ns}, or several, largest first: {@code 250ms}, {@code 1m30s}, {@code 3d}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface RetryWith {
    /**
     * The name of a policy in the {@code NamedPolicies} that was passed to {@code RetryProxy.of}: a
     * word. Or, if it contains a parenthesis or a space, a policy in the notation of {@code
     * RetryPolicy.parse}: {@code "exponential(100ms, max=10s) maxAttempts(5)"}. Instead of the
     * other settings, {@link #recover} excepted.
     *
     * @return default: none
     */
    String value() default "";

    /**
     * The name of a method in the class of the target that replaces the failure of a run: it has
     * the same parameters, after one for the failure or none, and its result is that of the retried
     * method. Of several with this name, the one with the nearest type of failure is called;
     * without a parameter for the failure it accepts every {@code Exception}.
     *
     * <pre>{@code
     * @RetryWith(value = "prices", recover = "lastKnown")
     * Price price(String sku) throws IOException;
     *
     * Price lastKnown(IOException failure, String sku) { … }
     * }</pre>
     *
     * <p>It receives what the run would have thrown, with its report. It is not retried, and what
     * it throws is thrown to the caller. Cancellations and interruptions of the caller are not
     * replaced.
     *
     * @return default: none
     */
    String recover() default "";

    /** {@return the same delay before every retry; default: none} */
    String every() default "";

    /**
     * {@return the first delay; each further one is {@link #factor} times as long, with full
     * jitter}
     */
    String exponential() default "";

    /** {@return the factor between one delay of {@link #exponential} and the next; at least 1} */
    double factor() default 2;

    /** {@return the longest delay of {@link #exponential}; default: no maximum} */
    String max() default "";

    /** {@return the delays, in this order; their end is also a limit} */
    String[] delays() default {};

    /**
     * {@return how delays are spread, one kind; default: {@code FULL} for {@link #exponential},
     * otherwise {@code NONE}}
     */
    Jitter[] jitter() default {};

    /**
     * {@return the failures that are retried; default: any {@code Exception} except an
     * interruption}
     */
    Class<? extends Throwable>[] on() default {};

    /** {@return causes: a failure with one of them is retried as well; default: none} */
    Class<? extends Throwable>[] onCause() default {};

    /** {@return the failures that are never retried, whatever {@link #on} names; default: none} */
    Class<? extends Throwable>[] unless() default {};

    /** {@return the calls after the first; zero means one attempt; default: no limit} */
    int maxRetries() default -1;

    /** {@return the attempts in total, including the first; at least 1; default: no limit} */
    int maxAttempts() default -1;

    /** {@return true if it retries without limit} */
    boolean forever() default false;

    /** {@return the time limit of the whole run; default: no limit} */
    String maxDuration() default "";

    /** {@return the time limit of one attempt; default: no limit} */
    String attemptTimeout() default "";
}
