package dev.reprise.interop;

import dev.reprise.RetryPolicy;
import dev.reprise.RetryPolicyBuilder;
import dev.reprise.policy.Rethrow;
import java.time.Duration;
import java.util.Objects;

/**
 * The calls of the builders that say <em>when to give up</em>, and what is thrown then.
 *
 * @param <B> the builder
 */
public abstract class WhenToGiveUp<B extends WhenToGiveUp<B>> extends WhichFailures<B> {
    private final String ways;

    /** The calls by which a policy ends; {@code more} are those that only some builders have. */
    WhenToGiveUp(RetryPolicyBuilder words, String more) {
        super(words);
        this.ways = "maxAttempts(n), maxRetries(n), within(time), delays(…)" + more;
    }

    /**
     * Makes at most so many calls in all.
     *
     * @param calls the first included
     * @return this builder
     * @throws IllegalArgumentException if {@code calls} is below 1, or a count was given before
     */
    public B maxAttempts(int calls) {
        words.maxAttempts(calls);
        return ending();
    }

    /**
     * Makes at most so many calls after the first.
     *
     * @param calls zero makes a single attempt
     * @return this builder
     * @throws IllegalArgumentException if {@code calls} is negative, or a count was given before
     */
    public B maxRetries(int calls) {
        words.maxRetries(calls);
        return ending();
    }

    /**
     * Ends the run so long after its start, on a monotonic clock: no attempt starts at or after
     * that, no wait that would reach it is begun, and an attempt that is running then is cut.
     *
     * @param time for the whole run
     * @return this builder
     * @throws IllegalArgumentException if {@code time} is not positive, or was given before
     */
    public B within(Duration time) {
        Bridge.within(words, Objects.requireNonNull(time, "time"));
        return ending();
    }

    /**
     * Cuts each attempt so long after its start: a blocking body is interrupted, a stage is
     * cancelled. The cut is an {@code AttemptTimeoutException}, which is retried whatever {@code
     * on} says, unless {@code unless} names it.
     *
     * @param time for one attempt
     * @return this builder
     * @throws IllegalArgumentException if {@code time} is not positive
     */
    public B attemptTimeout(Duration time) {
        Bridge.attemptTimeout(words, Objects.requireNonNull(time, "time"));
        return self();
    }

    /**
     * Sets no limit. It has to be said, because it is seldom meant.
     *
     * @return this builder
     */
    public B forever() {
        words.forever();
        return ending();
    }

    /**
     * Says which failure is thrown when the run gives up.
     *
     * @param which default: {@code Last}
     * @return this builder
     */
    public B rethrow(Rethrow which) {
        words.rethrow(Objects.requireNonNull(which, "which"));
        return self();
    }

    /**
     * Returns the last result, instead of throwing {@code RetryExhaustedException}, when the run
     * gives up on a result.
     *
     * @return this builder
     */
    public B orLast() {
        words.orLast();
        return self();
    }

    /**
     * Builds the pure part of what was told, without anything alive: what is stored with a durable
     * call, or joined with other policies.
     *
     * @return an immutable policy
     * @throws IllegalArgumentException if nothing ends it, or two settings contradict each other;
     *     the message says which call mends it
     */
    public RetryPolicy buildPolicy() {
        requireEnd("this policy");
        return words.buildPolicy();
    }

    final void requireEnd(String what) {
        if (!ends) {
            throw new IllegalArgumentException(
                    "nothing ends " + what + ": say " + ways + " or forever()");
        }
    }
}
