package dev.reprise.interop.queue;

import dev.reprise.RetryPolicies;
import dev.reprise.RetryPolicy;
import dev.reprise.RetryPolicyBuilder;
import dev.reprise.queue.model.CallOutcome;
import dev.reprise.queue.model.OnDeadPredecessor;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Says how one call is to be made; everything has a default. */
public final class CallOptions {
    private final dev.reprise.queue.model.CallOptions core;

    CallOptions(dev.reprise.queue.model.CallOptions core) {
        this.core = core;
    }

    /**
     * Retries by {@code policy} in the place of the queue's.
     *
     * @param policy data only: when the call is enqueued, one that holds code is refused with
     *     {@code IllegalStateException}, and one that only a stop or a budget was to end with
     *     {@code IllegalArgumentException}
     * @return these options
     */
    public CallOptions policy(RetryPolicy policy) {
        core.policy(Objects.requireNonNull(policy, "policy"));
        return this;
    }

    /**
     * Retries by the policy that is told here: {@code policy(p ->
     * p.every(Duration.ofSeconds(10)).maxAttempts(3))}.
     *
     * @param tell says it
     * @return these options
     * @throws IllegalArgumentException if nothing ends the policy, or it contradicts itself
     */
    public CallOptions policy(Consumer<? super RetryPolicyBuilder> tell) {
        RetryPolicyBuilder builder = RetryPolicy.builder();
        tell.accept(builder);
        return policy(builder.build());
    }

    /**
     * Retries by the policy that is written here: {@code policy("every(10s) maxAttempts(3)")}.
     *
     * @param notation as {@code RetryPolicy.parse} reads it
     * @return these options
     * @throws dev.reprise.policy.RetryPolicyParseException if it is no policy; it tells where
     */
    public CallOptions policy(String notation) {
        return policy(RetryPolicy.parse(Objects.requireNonNull(notation, "notation")));
    }

    /**
     * Retries as Zato does, with seconds between the calls.
     *
     * @param repeats calls in all; with {@code invokeOrDefer} those in the background
     * @param seconds between them
     * @return these options
     * @throws IllegalArgumentException if a number is not positive
     */
    public CallOptions retrySeconds(int repeats, int seconds) {
        return policy(RetryPolicies.zato(repeats, seconds, null));
    }

    /**
     * Retries as Zato does, with minutes between the calls.
     *
     * @param repeats calls in all; with {@code invokeOrDefer} those in the background
     * @param minutes between them
     * @return these options
     * @throws IllegalArgumentException if a number is not positive
     */
    public CallOptions retryMinutes(int repeats, int minutes) {
        return policy(RetryPolicies.zato(repeats, null, minutes));
    }

    /**
     * Calls with the same key run one after the other, in the order of their acceptance. Default:
     * no order.
     *
     * @param key 1 to 200 characters
     * @return these options
     */
    public CallOptions orderKey(String key) {
        core.setOrderKey(Objects.requireNonNull(key, "key"));
        return this;
    }

    /**
     * What the death of this call means for those behind it in the same order.
     *
     * @param what default: {@code Block}
     * @return these options
     */
    public CallOptions onDeadHead(OnDeadPredecessor what) {
        core.setOnDeadHead(Objects.requireNonNull(what, "what"));
        return this;
    }

    /**
     * While a call with the same key has not ended, no other is accepted: the answer is the first
     * one. Default: none.
     *
     * @param key 1 to 200 characters
     * @return these options
     */
    public CallOptions uniqueKey(String key) {
        core.setUniqueKey(Objects.requireNonNull(key, "key"));
        return this;
    }

    /**
     * Higher ones are claimed first.
     *
     * @param priority from 0 to 9; default: 5
     * @return these options
     */
    public CallOptions priority(int priority) {
        core.setPriority(priority);
        return this;
    }

    /**
     * Waits before the first attempt. Default: zero.
     *
     * @param time whole milliseconds
     * @return these options
     */
    public CallOptions delay(Duration time) {
        QueueBridge.delay(core, Objects.requireNonNull(time, "time"));
        return this;
    }

    /**
     * No attempt starts at or after this instant, and one that is running then is cut. Default:
     * none.
     *
     * @param instant on the clock of the store
     * @return these options
     */
    public CallOptions deadline(Instant instant) {
        core.setDeadline(Objects.requireNonNull(instant, "instant"));
        return this;
    }

    /**
     * Tells a handler of this queue, by a call of its own, how the call ended. May be said several
     * times.
     *
     * @param name the name of the callback
     * @return these options
     * @throws dev.reprise.queue.model.UnknownHandlerException if it is not registered here; then
     *     say the target
     */
    public CallOptions callback(String name) {
        core.callback(Objects.requireNonNull(name, "name"));
        return this;
    }

    /**
     * Tells a handler that may be registered in another process how the call ended.
     *
     * @param target made by {@link CallTarget#callback}
     * @return these options
     */
    public CallOptions callback(CallTarget<CallOutcome, ? extends @Nullable Object> target) {
        core.callback(target.asTarget());
        return this;
    }

    /**
     * Given to the callbacks as it is. Default: null.
     *
     * @param text anything
     * @return these options
     */
    public CallOptions context(String text) {
        core.setContext(Objects.requireNonNull(text, "text"));
        return this;
    }
}
