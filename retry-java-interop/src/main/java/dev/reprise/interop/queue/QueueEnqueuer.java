package dev.reprise.interop.queue;

import java.sql.Connection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The calls that a {@link QueueRunner} accepts to be made in the background, here or by another
 * process. Those without {@code Async} block until the call is stored.
 */
public abstract class QueueEnqueuer extends QueueInvoker {
    QueueEnqueuer(QueueLife life) {
        super(life);
    }

    /**
     * Accepts a call: when this returns it is stored.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @return the call
     * @throws dev.reprise.queue.model.InvalidCallException if a value breaks a limit
     * @throws dev.reprise.queue.model.QueueClosedException if the queue was closed
     * @throws dev.reprise.queue.model.StoreUnavailableException if the store does not answer
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueuedCall<R> enqueue(
            CallTarget<Q, R> target, Q request) {
        return enqueue(target, request, options -> {});
    }

    /**
     * Accepts a call: when this returns it is stored.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @param options how: {@code c -> c.uniqueKey("order/42").priority(9)}
     * @return the call
     * @throws IllegalStateException if the policy holds code, which no store can keep
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueuedCall<R> enqueue(
            CallTarget<Q, R> target, Q request, Consumer<? super CallOptions> options) {
        Objects.requireNonNull(options, "options");
        return calls.enqueue(target.asTarget(), request, options);
    }

    /**
     * Accepts a call to the handler that is registered here under {@code name}.
     *
     * @param name of the handler
     * @param request of the type its target takes
     * @param options how
     * @return the call
     * @throws dev.reprise.queue.model.UnknownHandlerException if there is none
     */
    public QueuedCall<@Nullable Object> enqueue(
            String name, @Nullable Object request, Consumer<? super CallOptions> options) {
        Objects.requireNonNull(name, "name");
        return calls.enqueue(name, request, Objects.requireNonNull(options, "options"));
    }

    /**
     * Accepts a call in the transaction that is open on {@code connection}: it is there if that
     * commits, and never was if it does not. Workers see it with their next look after the commit.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param connection to the database of the store; neither committed nor closed here
     * @param target whom to call
     * @param request with what
     * @return the call
     * @throws UnsupportedOperationException if the store is not one of a database
     * @throws dev.reprise.queue.model.InvalidCallException if the connection commits every
     *     statement by itself, so that there is no transaction
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueuedCall<R> enqueue(
            Connection connection, CallTarget<Q, R> target, Q request) {
        return enqueue(connection, target, request, options -> {});
    }

    /**
     * Accepts a call in the transaction that is open on {@code connection}.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param connection to the database of the store; neither committed nor closed here
     * @param target whom to call
     * @param request with what
     * @param options how
     * @return the call
     * @throws UnsupportedOperationException if the store is not one of a database
     * @throws dev.reprise.queue.model.InvalidCallException if the connection commits every
     *     statement by itself, so that there is no transaction
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueuedCall<R> enqueue(
            Connection connection,
            CallTarget<Q, R> target,
            Q request,
            Consumer<? super CallOptions> options) {
        Objects.requireNonNull(connection, "connection");
        Objects.requireNonNull(options, "options");
        return calls.enqueue(connection, target.asTarget(), request, options);
    }

    /**
     * Accepts a call to each of {@code requests}, all or none, in one transaction.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param requests with what
     * @return the calls, in the order of the requests
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> List<QueuedCall<R>> enqueueAll(
            CallTarget<Q, R> target, List<? extends Q> requests) {
        return enqueueAll(target, requests, (request, options) -> {});
    }

    /**
     * Accepts a call to each of {@code requests}, all or none, in one transaction.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param requests with what
     * @param options how: {@code (order, c) -> c.orderKey(order.customer())}
     * @return the calls, in the order of the requests
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> List<QueuedCall<R>> enqueueAll(
            CallTarget<Q, R> target,
            List<? extends Q> requests,
            BiConsumer<? super Q, ? super CallOptions> options) {
        Objects.requireNonNull(requests, "requests");
        Objects.requireNonNull(options, "options");
        return calls.enqueueAll(target.asTarget(), requests, options);
    }

    /**
     * Accepts a call without blocking.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @return the call, once it is stored; exceptionally where {@code enqueue} throws
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<QueuedCall<R>> enqueueAsync(CallTarget<Q, R> target, Q request) {
        return enqueueAsync(target, request, options -> {});
    }

    /**
     * Accepts a call without blocking.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target whom to call
     * @param request with what
     * @param options how
     * @return the call, once it is stored; exceptionally where {@code enqueue} throws
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<QueuedCall<R>> enqueueAsync(
                    CallTarget<Q, R> target, Q request, Consumer<? super CallOptions> options) {
        Objects.requireNonNull(options, "options");
        return calls.enqueueAsync(target.asTarget(), request, options);
    }
}
