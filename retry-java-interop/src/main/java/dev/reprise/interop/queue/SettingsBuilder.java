package dev.reprise.interop.queue;

import dev.reprise.RetryPolicy;
import dev.reprise.RetryPolicyBuilder;
import dev.reprise.queue.event.CallListener;
import dev.reprise.queue.model.FailureText;
import dev.reprise.queue.spi.CallerTransaction;
import dev.reprise.run.ContextCarrier;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The methods of {@link QueueRunner.Builder} that change settings. */
abstract class SettingsBuilder extends HandlerBuilder {
    SettingsBuilder() {}

    /**
     * Retries calls that have no policy by {@code policy}. Default: {@code
     * RetryPolicies.durableDefault()}.
     *
     * @param policy data only
     * @throws IllegalStateException when the queue is built, if the policy holds code
     * @throws IllegalArgumentException when the queue is built, if only a stop or a budget ends the
     *     policy
     */
    public QueueRunner.Builder policy(RetryPolicy policy) {
        Objects.requireNonNull(policy, "policy");
        return configure(queue -> queue.getBuilder().policy(policy));
    }

    /**
     * Retries calls that have no policy by the policy that is configured here.
     *
     * @param block configures it
     * @throws IllegalArgumentException if the policy has no limit, or contradicts itself
     */
    public QueueRunner.Builder policy(Consumer<? super RetryPolicyBuilder> block) {
        Objects.requireNonNull(block, "block");
        return configure(queue -> queue.policy(block));
    }

    /**
     * Retries calls that have no policy by a policy in its notation.
     *
     * @param notation as {@code RetryPolicy.parse} reads it: {@code "every(1m) maxAttempts(5)"}
     * @throws dev.reprise.policy.RetryPolicyParseException if it is not a policy
     */
    public QueueRunner.Builder policy(String notation) {
        return policy(RetryPolicy.parse(Objects.requireNonNull(notation, "notation")));
    }

    /**
     * Sets the name of this worker in {@link QueueRunner#why}. Default: the id of the process.
     *
     * <p>With PostgreSQL, a name that stays the same when a process is started again lets it take
     * over the calls of its predecessor at once, if that is proven dead: its session holds no lock
     * any more. It need not be unique. It has no effect without notifications, or behind a pooler.
     *
     * @param name for people
     */
    public QueueRunner.Builder workerName(String name) {
        Objects.requireNonNull(name, "name");
        return configure(queue -> queue.getBuilder().setWorkerName(name));
    }

    /**
     * Sets the version of the application, for lists of workers. Default: that of its jar.
     *
     * @param version for people
     */
    public QueueRunner.Builder applicationVersion(String version) {
        Objects.requireNonNull(version, "version");
        return configure(queue -> queue.getBuilder().setApplicationVersion(version));
    }

    /**
     * Sets how often a store that other processes can change is polled for due calls. Default: 1 s.
     *
     * @param time positive
     */
    public QueueRunner.Builder pollInterval(Duration time) {
        Objects.requireNonNull(time, "time");
        return configure(queue -> queue.pollInterval(time));
    }

    /**
     * Sets how long a call that succeeded or was cancelled is kept. Default: 3 days.
     *
     * @param time not negative
     */
    public QueueRunner.Builder retention(Duration time) {
        Objects.requireNonNull(time, "time");
        return configure(queue -> queue.retention(time));
    }

    /**
     * Sets the time limit of an attempt whose policy has no {@code attemptTimeout}. Default: 15
     * minutes.
     *
     * @param time positive; null for no limit
     */
    public QueueRunner.Builder attemptTimeout(@Nullable Duration time) {
        return configure(queue -> queue.attemptTimeout(time));
    }

    /**
     * Sets the largest request or response. Default: 1 MiB.
     *
     * @param bytes not negative
     */
    public QueueRunner.Builder maxPayloadBytes(int bytes) {
        return configure(queue -> queue.getBuilder().setMaxPayloadBytes(bytes));
    }

    /**
     * Sets how many times the worker of a call can die before the call is dead, {@code CRASH_LOOP}.
     * A call that one more death would end runs alone. Default: 3 within 72 hours.
     *
     * @param crashes from 2 to 10
     * @param window how long a crash counts; positive
     */
    public QueueRunner.Builder maxCrashes(int crashes, Duration window) {
        Objects.requireNonNull(window, "window");
        return configure(queue -> queue.crashLimit(crashes, window));
    }

    /**
     * Decides what is stored of failures beside their classes, for messages that hold what must not
     * be seen: {@code failureText(FailureText::typeOnly)}. Default: message and stack trace.
     *
     * @param text called for each failure and each of its causes; if it throws, the message is
     *     withheld
     */
    public QueueRunner.Builder failureText(Function<? super Throwable, FailureText> text) {
        Objects.requireNonNull(text, "text");
        return configure(queue -> queue.getBuilder().failureText(text::apply));
    }

    /**
     * Joins the transactions of callers that {@code transaction} finds: what is enqueued or
     * cancelled in one is rolled back with it. Default: none.
     *
     * @param transaction thread-safe
     */
    public QueueRunner.Builder callerTransaction(CallerTransaction transaction) {
        Objects.requireNonNull(transaction, "transaction");
        return configure(queue -> queue.getBuilder().callerTransaction(transaction));
    }

    /**
     * Adds a listener. Listeners are notified in the order in which they were added.
     *
     * @param listener thread-safe; it must not block; what it throws is logged and changes nothing
     */
    public QueueRunner.Builder listener(CallListener listener) {
        Objects.requireNonNull(listener, "listener");
        return configure(queue -> queue.getBuilder().listener(listener));
    }

    /**
     * Carries the context of callers to the handlers by {@code carriers}, and by listeners that are
     * carriers. Default: by all carriers that are found in the process.
     *
     * @param carriers thread-safe; none: only such listeners carry
     */
    public QueueRunner.Builder carriers(ContextCarrier... carriers) {
        return configure(queue -> queue.getBuilder().carriers(carriers));
    }

    /**
     * Draws jitter from {@code generator}. Default: one for the whole JVM.
     *
     * @param generator thread-safe
     */
    public QueueRunner.Builder random(RandomGenerator generator) {
        Objects.requireNonNull(generator, "generator");
        return configure(queue -> queue.getBuilder().random(generator));
    }
}
