package dev.reprise.interop;

import dev.reprise.RetryPolicyBuilder;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls of the builders that say <em>which</em> failures are worth another attempt. With no
 * rule: any {@code Exception} but an interruption.
 *
 * @param <B> the builder
 */
public abstract class WhichFailures<B extends WhichFailures<B>> extends HowLong<B> {
    WhichFailures(RetryPolicyBuilder words) {
        super(words);
    }

    /**
     * Retries failures of this type.
     *
     * @param type the class or interface of the failure
     * @return this builder
     */
    public B on(Class<? extends Throwable> type) {
        return rule(type, false, null, null);
    }

    /**
     * Retries failures of this type for which {@code predicate} holds.
     *
     * @param <E> the type
     * @param type the class of the failure
     * @param predicate if it throws, the run ends with the failure it was shown
     * @return this builder
     */
    public <E extends Throwable> B on(Class<E> type, Predicate<? super E> predicate) {
        return rule(type, false, Objects.requireNonNull(predicate, "predicate"), null);
    }

    /**
     * Retries failures of this type after waits of their own, with a counter of their own. The
     * first rule that matches a failure counts.
     *
     * @param type the class of the failure
     * @param waits how long to wait after such a failure
     * @return this builder
     */
    public B on(Class<? extends Throwable> type, Waits waits) {
        return rule(type, false, null, Objects.requireNonNull(waits, "waits"));
    }

    /**
     * Retries failures of this type for which {@code predicate} holds, after waits of their own.
     *
     * @param <E> the type
     * @param type the class of the failure
     * @param predicate if it throws, the run ends with the failure it was shown
     * @param waits how long to wait after such a failure
     * @return this builder
     */
    public <E extends Throwable> B on(Class<E> type, Predicate<? super E> predicate, Waits waits) {
        return rule(
                type,
                false,
                Objects.requireNonNull(predicate, "predicate"),
                Objects.requireNonNull(waits, "waits"));
    }

    /**
     * Retries failures that are of this type or have such a one among their causes.
     *
     * @param type the class of the cause
     * @return this builder
     */
    public B onCause(Class<? extends Throwable> type) {
        return rule(type, true, null, null);
    }

    /**
     * Retries failures that are, or have among their causes, one of this type for which {@code
     * predicate} holds.
     *
     * @param <E> the type
     * @param type the class of the cause
     * @param predicate if it throws, the run ends with the failure it was shown
     * @return this builder
     */
    public <E extends Throwable> B onCause(Class<E> type, Predicate<? super E> predicate) {
        return rule(type, true, Objects.requireNonNull(predicate, "predicate"), null);
    }

    private <E extends Throwable> B rule(
            Class<E> type,
            boolean inCauses,
            @Nullable Predicate<? super E> predicate,
            @Nullable Waits waits) {
        Objects.requireNonNull(type, "type");
        Bridge.on(words, type, inCauses, predicate, waits == null ? null : waits::tell);
        return self();
    }

    /**
     * Never retries failures of this type; wins over every {@code on}, whatever the order.
     *
     * @param type the class of the failure
     * @return this builder
     */
    public B unless(Class<? extends Throwable> type) {
        Bridge.unless(words, Objects.requireNonNull(type, "type"), false, null);
        return self();
    }

    /**
     * Never retries failures of this type for which {@code predicate} holds.
     *
     * @param <E> the type
     * @param type the class of the failure
     * @param predicate if it throws, the run ends with the failure it was shown
     * @return this builder
     */
    public <E extends Throwable> B unless(Class<E> type, Predicate<? super E> predicate) {
        Objects.requireNonNull(type, "type");
        Bridge.unless(words, type, false, Objects.requireNonNull(predicate, "predicate"));
        return self();
    }

    /**
     * Never retries failures that are of this type or have such a one among their causes.
     *
     * @param type the class of the cause
     * @return this builder
     */
    public B unlessCause(Class<? extends Throwable> type) {
        Bridge.unless(words, Objects.requireNonNull(type, "type"), true, null);
        return self();
    }

    /**
     * Retries results of this type for which {@code predicate} holds. A discarded result that is
     * {@code AutoCloseable} is closed.
     *
     * @param <T> the type
     * @param type the class of the result, {@code int.class} as well as {@code Integer.class}; null
     *     is of no type
     * @param predicate true for a result that is not good enough
     * @return this builder
     */
    public <T> B onResult(Class<T> type, Predicate<? super T> predicate) {
        Objects.requireNonNull(type, "type");
        Bridge.onResult(words, type, Objects.requireNonNull(predicate, "predicate"));
        return self();
    }

    /**
     * Retries results for which {@code predicate} holds; null is shown to it too: {@code
     * onResult(Objects::isNull)}.
     *
     * @param predicate true for a result that is not good enough
     * @return this builder
     */
    public B onResult(Predicate<? super @Nullable Object> predicate) {
        Bridge.onResult(words, null, Objects.requireNonNull(predicate, "predicate"));
        return self();
    }

    /**
     * Shows every failure that the other rules would retry to a tester. One that returns null lets
     * it pass; one that returns or throws a failure ends the run with that failure.
     *
     * @param factory called once a run, so that a tester may have a state
     * @return this builder
     * @throws IllegalArgumentException if it was given before
     */
    public B failureTester(
            Supplier<? extends Function<? super Throwable, ? extends @Nullable Throwable>>
                    factory) {
        Bridge.failureTester(words, Objects.requireNonNull(factory, "factory"));
        return self();
    }
}
