package dev.reprise.interop.queue;

import dev.reprise.RetryPolicy;
import dev.reprise.RetryPolicyBuilder;
import dev.reprise.interop.internal.QueueCalls;
import dev.reprise.interop.internal.QueueLife;
import dev.reprise.queue.model.CallOptions;
import dev.reprise.queue.model.InvokeResult;
import dev.reprise.queue.model.Target;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The methods of {@link QueueRunner} that make the first attempt immediately, with a handler that
 * is registered here.
 */
abstract class QueueInvoker extends QueueAdmin {
    QueueInvoker(QueueLife life) {
        super(life);
    }

    /**
     * Makes the call now, with retries by the policy of the queue. Nothing is stored: a crash loses
     * the call. Blocks; an interruption ends the call.
     *
     * @return the result of the handler
     * @throws dev.reprise.queue.model.CallFailedException when the policy gives up; it has the id,
     *     the count and the causes
     * @throws dev.reprise.queue.model.UnknownHandlerException if the handler is not registered here
     * @throws InterruptedException if this thread is interrupted
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> R invoke(
            Target<Q, R> target, Q request) throws InterruptedException {
        return life.run(QueueCalls.invoke(target, request, null));
    }

    /**
     * Makes the call now, with retries by {@code policy}. Nothing is stored.
     *
     * @param policy decides about retries
     * @return the result of the handler
     * @throws InterruptedException if this thread is interrupted
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> R invoke(
            Target<Q, R> target, Q request, RetryPolicy policy) throws InterruptedException {
        return life.run(
                QueueCalls.invoke(target, request, Objects.requireNonNull(policy, "policy")));
    }

    /**
     * Makes the call now, with retries by the policy that is configured here. Nothing is stored.
     *
     * @param policy configures it
     * @return the result of the handler
     * @throws InterruptedException if this thread is interrupted
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> R invoke(
            Target<Q, R> target, Q request, Consumer<? super RetryPolicyBuilder> policy)
            throws InterruptedException {
        return invoke(target, request, QueueCalls.policy(Objects.requireNonNull(policy, "policy")));
    }

    /**
     * {@return a future of the result of a call as by {@code invoke}} Cancelling it cancels the
     * call.
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<R> invokeAsync(Target<Q, R> target, Q request) {
        return life.future(QueueCalls.invoke(target, request, null));
    }

    /**
     * {@return a future of the result of a call as by {@code invoke}} Cancelling it cancels the
     * call.
     *
     * @param policy decides about retries
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<R> invokeAsync(Target<Q, R> target, Q request, RetryPolicy policy) {
        return life.future(
                QueueCalls.invoke(target, request, Objects.requireNonNull(policy, "policy")));
    }

    /**
     * {@return a future of the result of a call as by {@code invoke}} Cancelling it cancels the
     * call.
     *
     * @param policy configures the policy
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<R> invokeAsync(
                    Target<Q, R> target, Q request, Consumer<? super RetryPolicyBuilder> policy) {
        return invokeAsync(
                target, request, QueueCalls.policy(Objects.requireNonNull(policy, "policy")));
    }

    /**
     * Makes the first attempt now. If it fails, the call is enqueued and retried by its policy,
     * which starts to count with the next attempt. Callbacks are notified only of those; the caller
     * gets the result of the first attempt. Blocks; an interruption ends the attempt.
     *
     * @return the value, or the id of the call that continues
     * @throws dev.reprise.queue.model.UnknownHandlerException if the handler is not registered here
     * @throws InterruptedException if this thread is interrupted
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> InvokeResult<R> invokeOrDefer(
            Target<Q, R> target, Q request) throws InterruptedException {
        return invokeOrDefer(target, request, false, options -> {});
    }

    /**
     * Makes the first attempt now; {@code options} configure the call in the background.
     *
     * @return the value, or the id of the call that continues
     * @throws dev.reprise.queue.model.DeadlinePassedException if its deadline has passed; no
     *     attempt is made then
     * @throws dev.reprise.queue.model.UnknownHandlerException if the handler is not registered here
     * @throws InterruptedException if this thread is interrupted
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> InvokeResult<R> invokeOrDefer(
            Target<Q, R> target, Q request, Consumer<? super CallOptions> options)
            throws InterruptedException {
        return invokeOrDefer(target, request, false, options);
    }

    /**
     * Makes the first attempt now.
     *
     * @param persistFirst true to store the call before its first attempt, which costs a write and
     *     survives a crash; the queue has to be started
     * @return the value, or the id of the call that continues
     * @throws dev.reprise.queue.model.CallFailedException if {@code persistFirst} is set and the
     *     call is dead after its first attempt, for example because it was rejected
     * @throws dev.reprise.queue.model.QueueClosedException if {@code persistFirst} is set and the
     *     queue is not running
     * @throws InterruptedException if this thread is interrupted; a stored call continues
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> InvokeResult<R> invokeOrDefer(
            Target<Q, R> target,
            Q request,
            boolean persistFirst,
            Consumer<? super CallOptions> options)
            throws InterruptedException {
        Objects.requireNonNull(options, "options");
        return QueueCalls.invokeOrDefer(life, target, request, persistFirst, options);
    }

    /**
     * Makes the first attempt as {@code invokeOrDefer} does, without blocking.
     *
     * @return a future of the value, or of the id of the call that continues
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<InvokeResult<R>> invokeOrDeferAsync(
                    Target<Q, R> target, Q request, Consumer<? super CallOptions> options) {
        return invokeOrDeferAsync(target, request, false, options);
    }

    /**
     * Makes the first attempt as {@code invokeOrDefer} does, without blocking.
     *
     * @param persistFirst true to store the call before its first attempt
     * @return a future of the value, or of the id of the call that continues
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<InvokeResult<R>> invokeOrDeferAsync(
                    Target<Q, R> target,
                    Q request,
                    boolean persistFirst,
                    Consumer<? super CallOptions> options) {
        Objects.requireNonNull(options, "options");
        return QueueCalls.invokeOrDeferAsync(life, target, request, persistFirst, options);
    }
}
