package dev.reprise.interop.queue;

import dev.reprise.RetryPolicyBuilder;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a {@link QueueRunner} whose first attempt is made here and now, by a handler that is
 * registered here. Those without {@code Async} block; an interruption ends them, and the attempt.
 */
public abstract class QueueInvoker extends QueueAdmin {
    QueueInvoker(QueueLife life) {
        super(life);
    }

    /**
     * Makes the call with retries by the policy of the queue. Nothing is stored: a crash forgets
     * it.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @return what the handler returned
     * @throws dev.reprise.queue.model.CallFailedException when the policy gives up; it has the id,
     *     the count and the causes
     * @throws dev.reprise.queue.model.UnknownHandlerException if the handler is not registered here
     * @throws InterruptedException if this thread is interrupted
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> R invoke(
            CallTarget<Q, R> target, Q request) throws InterruptedException {
        return calls.invoke(target.asTarget(), request, null);
    }

    /**
     * Makes the call with retries by the policy that is told here. Nothing is stored.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @param policy says it: {@code p -> p.every(Duration.ofSeconds(1)).maxAttempts(3)}
     * @return what the handler returned
     * @throws InterruptedException if this thread is interrupted
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> R invoke(
            CallTarget<Q, R> target, Q request, Consumer<? super RetryPolicyBuilder> policy)
            throws InterruptedException {
        return calls.invoke(target.asTarget(), request, Objects.requireNonNull(policy, "policy"));
    }

    /**
     * Makes the call to the handler that is registered under {@code name}.
     *
     * @param name of the handler
     * @param request of the type its target takes
     * @param policy says which failures, how long, when to give up
     * @return what the handler returned
     * @throws dev.reprise.queue.model.UnknownHandlerException if there is none
     * @throws InterruptedException if this thread is interrupted
     */
    public @Nullable Object invoke(
            String name, @Nullable Object request, Consumer<? super RetryPolicyBuilder> policy)
            throws InterruptedException {
        Objects.requireNonNull(name, "name");
        return calls.invoke(name, request, Objects.requireNonNull(policy, "policy"));
    }

    /**
     * Makes the call as {@link #invoke(CallTarget, Object, Consumer)} does, without blocking.
     * Cancelling the future cancels the call.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @param policy says which failures, how long, when to give up
     * @return what the handler will have returned
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<R> invokeAsync(
                    CallTarget<Q, R> target,
                    Q request,
                    Consumer<? super RetryPolicyBuilder> policy) {
        return calls.invokeAsync(
                target.asTarget(), request, Objects.requireNonNull(policy, "policy"));
    }

    /**
     * Makes the first attempt. If it fails, the call is enqueued, to be retried by its policy,
     * whose count begins anew: {@code retrySeconds(3, 10)} allows three calls in the background,
     * four in all. Callbacks are told of those only; a first attempt that returns is told by its
     * value.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @return the value, or the id of the call that goes on
     * @throws dev.reprise.queue.model.UnknownHandlerException if the handler is not registered here
     * @throws InterruptedException if this thread is interrupted
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> InvokeResult<R> invokeOrDefer(
            CallTarget<Q, R> target, Q request) throws InterruptedException {
        return invokeOrDefer(target, request, options -> {});
    }

    /**
     * Makes the first attempt, and leaves the others to the background as {@code options} say.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @param options how the call is made in the background
     * @return the value, or the id of the call that goes on
     * @throws dev.reprise.queue.model.DeadlinePassedException if its deadline has passed; no
     *     attempt is made then
     * @throws dev.reprise.queue.model.UnknownHandlerException if the handler is not registered here
     * @throws InterruptedException if this thread is interrupted
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> InvokeResult<R> invokeOrDefer(
            CallTarget<Q, R> target, Q request, Consumer<? super CallOptions> options)
            throws InterruptedException {
        Objects.requireNonNull(options, "options");
        return calls.invokeOrDefer(target.asTarget(), request, false, options);
    }

    /**
     * Makes the first attempt at a call to the handler that is registered under {@code name}, and
     * leaves the others to the background.
     *
     * @param name of the handler
     * @param request of the type its target takes
     * @param options how the call is made in the background
     * @return the value, or the id of the call that goes on
     * @throws dev.reprise.queue.model.UnknownHandlerException if there is none
     * @throws InterruptedException if this thread is interrupted
     */
    public InvokeResult<@Nullable Object> invokeOrDefer(
            String name, @Nullable Object request, Consumer<? super CallOptions> options)
            throws InterruptedException {
        Objects.requireNonNull(name, "name");
        return calls.invokeOrDefer(name, request, Objects.requireNonNull(options, "options"));
    }

    /**
     * Makes the call as {@link #invokeOrDefer(CallTarget, Object, Consumer)} does, without
     * blocking.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @param options how the call is made in the background
     * @return the value, or the id of the call that goes on
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<InvokeResult<R>> invokeOrDeferAsync(
                    CallTarget<Q, R> target, Q request, Consumer<? super CallOptions> options) {
        Objects.requireNonNull(options, "options");
        return calls.invokeOrDeferAsync(target.asTarget(), request, false, options);
    }

    /**
     * Stores the call, then makes its first attempt, and leaves the others to the background: it
     * costs a write more than {@code invokeOrDefer} and survives a crash in the first attempt. The
     * queue has to be started.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @return the value, or the id of the call that goes on
     * @throws dev.reprise.queue.model.CallFailedException if the call is dead after its first
     *     attempt, as when it is rejected
     * @throws dev.reprise.queue.model.QueueClosedException if the queue is not running
     * @throws InterruptedException if this thread is interrupted; the call goes on
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> InvokeResult<R> invokePersisted(
            CallTarget<Q, R> target, Q request) throws InterruptedException {
        return invokePersisted(target, request, options -> {});
    }

    /**
     * Stores the call, then makes its first attempt, and leaves the others to the background.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @param options how the call is made
     * @return the value, or the id of the call that goes on
     * @throws dev.reprise.queue.model.CallFailedException if the call is dead after its first
     *     attempt, as when it is rejected
     * @throws dev.reprise.queue.model.QueueClosedException if the queue is not running
     * @throws InterruptedException if this thread is interrupted; the call goes on
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> InvokeResult<R> invokePersisted(
            CallTarget<Q, R> target, Q request, Consumer<? super CallOptions> options)
            throws InterruptedException {
        Objects.requireNonNull(options, "options");
        return calls.invokeOrDefer(target.asTarget(), request, true, options);
    }

    /**
     * Makes the call as {@link #invokePersisted(CallTarget, Object, Consumer)} does, without
     * blocking.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @param options how the call is made
     * @return the value, or the id of the call that goes on
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<InvokeResult<R>> invokePersistedAsync(
                    CallTarget<Q, R> target, Q request, Consumer<? super CallOptions> options) {
        Objects.requireNonNull(options, "options");
        return calls.invokeOrDeferAsync(target.asTarget(), request, true, options);
    }
}
