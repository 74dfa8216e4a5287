package dev.reprise.interop;

import dev.reprise.RetryPolicyBuilder;
import dev.reprise.policy.Jitter;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The calls of the builders that say <em>how long</em> to wait. With none of them there is no wait.
 *
 * @param <B> the builder
 */
public abstract class HowLong<B extends HowLong<B>> {
    final RetryPolicyBuilder words;
    boolean ends;

    HowLong(RetryPolicyBuilder words) {
        this.words = words;
    }

    /**
     * Waits the same time before every retry, without jitter.
     *
     * @param delay from the end of one attempt to the start of the next; zero retries at once
     * @return this builder
     * @throws IllegalArgumentException if {@code delay} is negative, or waits were told before
     */
    public B every(Duration delay) {
        return waits(Waits.every(delay));
    }

    /**
     * Waits {@code base}, then each time twice as long, with full jitter.
     *
     * @param base the first wait, before jitter
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, or waits were told before
     */
    public B exponential(Duration base) {
        return waits(Waits.exponential(base));
    }

    /**
     * Waits {@code base}, then each time twice as long, never longer than {@code max}, with full
     * jitter.
     *
     * @param base the first wait, before jitter
     * @param max the longest wait
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, {@code max} is below it, or
     *     waits were told before
     */
    public B exponential(Duration base, Duration max) {
        return waits(Waits.exponential(base, max));
    }

    /**
     * Waits {@code base}, then each time {@code factor} times as long, never longer than {@code
     * max}, with full jitter: each wait is anything between zero and the computed one.
     *
     * @param base the first wait, before jitter
     * @param factor how much longer each wait is than the one before
     * @param max the longest wait
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, {@code factor} is below 1
     *     or not finite, {@code max} is below {@code base}, or waits were told before
     */
    public B exponential(Duration base, double factor, Duration max) {
        return waits(Waits.exponential(base, factor, max));
    }

    /**
     * Waits {@code base}, then each time {@code base} longer, without jitter.
     *
     * @param base the first wait and the step
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, or waits were told before
     */
    public B linear(Duration base) {
        return waits(Waits.linear(base));
    }

    /**
     * Waits {@code base}, then each time {@code step} longer, never longer than {@code max},
     * without jitter.
     *
     * @param base the first wait
     * @param step how much longer each wait is than the one before
     * @param max the longest wait
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, {@code step} is negative,
     *     {@code max} is below {@code base}, or waits were told before
     */
    public B linear(Duration base, Duration step, Duration max) {
        return waits(Waits.linear(base, step, max));
    }

    /**
     * Waits {@code base} times 1, 1, 2, 3, 5, 8 …, without jitter.
     *
     * @param base the first wait
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, or waits were told before
     */
    public B fibonacci(Duration base) {
        return waits(Waits.fibonacci(base));
    }

    /**
     * Waits {@code base} times 1, 1, 2, 3, 5, 8 …, never longer than {@code max}, without jitter.
     *
     * @param base the first wait
     * @param max the longest wait
     * @return this builder
     * @throws IllegalArgumentException if {@code base} is not positive, {@code max} is below it, or
     *     waits were told before
     */
    public B fibonacci(Duration base, Duration max) {
        return waits(Waits.fibonacci(base, max));
    }

    /**
     * Waits these durations, in this order; their end is also the limit.
     *
     * @param waits three waits allow four attempts
     * @return this builder
     * @throws IllegalArgumentException if there is none, one is negative, or waits were told before
     */
    public B delays(Duration... waits) {
        return waits(Waits.delays(waits));
    }

    /**
     * Waits what {@code waits} yields; see {@link Waits#delays(Iterable)}.
     *
     * @param waits a list, or something that each run asks for an iterator
     * @return this builder
     * @throws IllegalArgumentException if it is an empty collection, a wait in it is negative, or
     *     waits were told before
     */
    public B delays(Iterable<Duration> waits) {
        return waits(Waits.delays(waits));
    }

    /**
     * Waits as {@code waits} says.
     *
     * @param waits how long to wait
     * @return this builder
     * @throws IllegalArgumentException if waits were told before
     */
    public B waits(Waits waits) {
        waits.tell(words);
        return waits.end ? ending() : self();
    }

    /**
     * Spreads the waits.
     *
     * @param kind default: {@code Full} for {@code exponential}, {@code None} for the others
     * @return this builder
     * @throws IllegalArgumentException if it was given before
     */
    public B jitter(Jitter kind) {
        words.jitter(Objects.requireNonNull(kind, "kind"));
        return self();
    }

    /**
     * Waits before the first attempt. Default: zero. It counts for {@code within}.
     *
     * @param delay the wait
     * @return this builder
     * @throws IllegalArgumentException if {@code delay} is negative
     */
    public B initialDelay(Duration delay) {
        Bridge.initialDelay(words, Objects.requireNonNull(delay, "delay"));
        return self();
    }

    /**
     * Reads from a failure how long to wait at least, as a server says it in {@code Retry-After}.
     * The larger of this and the computed wait is waited; one that would reach the end of {@code
     * within} ends the run at once.
     *
     * @param hint returns null where the failure says nothing
     * @return this builder
     * @throws IllegalArgumentException if it was given before
     */
    public B delayFrom(Function<? super Throwable, ? extends @Nullable Duration> hint) {
        Bridge.delayFrom(words, Objects.requireNonNull(hint, "hint"));
        return self();
    }

    final B ending() {
        ends = true;
        return self();
    }

    @SuppressWarnings("unchecked")
    final B self() {
        return (B) this;
    }
}
