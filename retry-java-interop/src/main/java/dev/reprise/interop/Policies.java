package dev.reprise.interop;

import dev.reprise.RetryPolicy;
import dev.reprise.RetryPolicyBuilder;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Makes policies: values that durable calls store and that {@link Retries#of(RetryPolicy)} runs.
 * Those that need no {@code Duration} are made by {@code RetryPolicy} itself: {@code threeDays()},
 * {@code zato(…)}, {@code parse(…)}.
 */
public final class Policies {
    private Policies() {}

    /**
     * Starts to tell a policy.
     *
     * @return a new builder, for {@link PolicyBuilder#buildPolicy}
     */
    public static PolicyBuilder builder() {
        return new PolicyBuilder(new RetryPolicyBuilder());
    }

    /**
     * Builds what {@code tell} says.
     *
     * @param tell gets a new builder
     * @return an immutable policy
     * @throws IllegalArgumentException as {@link PolicyBuilder#buildPolicy}
     */
    public static RetryPolicy policy(Consumer<? super PolicyBuilder> tell) {
        PolicyBuilder builder = builder();
        tell.accept(builder);
        return builder.buildPolicy();
    }

    /**
     * The back-off of Twisted's {@code RetryingCall} with its defaults: ten calls, the first at
     * once, the others after 10 ms, 20 ms, 40 ms … 2.56 s. The first failure is thrown. No jitter.
     *
     * @return the policy
     */
    public static RetryPolicy twisted() {
        return twisted(10, Duration.ofMillis(10), 2, Duration.ofMinutes(2), true);
    }

    /**
     * The back-off of Twisted's {@code RetryingCall}: a wait before every call, each {@code factor}
     * times as long as the one before. The first failure is thrown. No jitter.
     *
     * @param calls in all
     * @param initialDelay the first wait
     * @param factor how much longer each wait is than the one before
     * @param maxDelay the longest wait
     * @param now puts a wait of zero before the first call and the others one call later
     * @return the policy
     * @throws IllegalArgumentException if {@code calls}, {@code initialDelay} or {@code maxDelay}
     *     is not positive, or {@code factor} is below 1
     */
    public static RetryPolicy twisted(
            int calls, Duration initialDelay, double factor, Duration maxDelay, boolean now) {
        Objects.requireNonNull(initialDelay, "initialDelay");
        Objects.requireNonNull(maxDelay, "maxDelay");
        return Bridge.twisted(calls, initialDelay, factor, maxDelay, now);
    }

    /**
     * Python's {@code @retryable} with its defaults: a call every so often, for ever.
     *
     * @param every the wait between two calls
     * @return the policy
     * @throws IllegalArgumentException if {@code every} is negative
     */
    public static RetryPolicy retryable(Duration every) {
        return retryable(every, 0);
    }

    /**
     * Python's {@code @retryable}: a call every so often, with a limit.
     *
     * @param every the wait between two calls
     * @param maxRetries the calls after the first; 0 is for ever
     * @return the policy
     * @throws IllegalArgumentException if {@code every} or {@code maxRetries} is negative
     */
    public static RetryPolicy retryable(Duration every, int maxRetries) {
        return Bridge.retryable(Objects.requireNonNull(every, "every"), maxRetries);
    }
}
