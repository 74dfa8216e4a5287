package dev.reprise.interop.queue;

import dev.reprise.interop.internal.QueueCalls;
import dev.reprise.interop.internal.QueueLife;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CallOptions;
import dev.reprise.queue.model.Target;
import java.sql.Connection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The methods of {@link QueueRunner} that accept calls to run in the background. */
abstract class QueueEnqueuer extends QueueInvoker {
    QueueEnqueuer(QueueLife life) {
        super(life);
    }

    /**
     * Accepts a call: when this returns, the call is stored. Blocks.
     *
     * @throws dev.reprise.queue.model.InvalidCallException if a value breaks a limit
     * @throws dev.reprise.queue.model.QueueClosedException if the queue was shut down
     * @throws dev.reprise.queue.model.StoreUnavailableException if the store cannot be reached
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> CallHandle<R> enqueue(
            Target<Q, R> target, Q request) {
        return enqueue(target, request, options -> {});
    }

    /**
     * Accepts a call: when this returns, the call is stored. Blocks.
     *
     * @param options of the call: {@code c -> c.uniqueKey("order/42").priority(9)}
     * @throws IllegalStateException if the policy holds code, which no store can keep
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> CallHandle<R> enqueue(
            Target<Q, R> target, Q request, Consumer<? super CallOptions> options) {
        var block = QueueCalls.options(Objects.requireNonNull(options, "options"));
        return life.ask((queue, done) -> queue.enqueue(target, request, block, done));
    }

    /**
     * Accepts a call in the transaction that is open on {@code connection}: the call exists if that
     * commits, and never existed if it does not. Workers find it with their next poll after the
     * commit.
     *
     * @param connection to the database of the store; neither committed nor closed here
     * @throws UnsupportedOperationException if the store is not on a database
     * @throws dev.reprise.queue.model.InvalidCallException if the connection has no transaction
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> CallHandle<R> enqueue(
            Connection connection, Target<Q, R> target, Q request) {
        return enqueue(connection, target, request, options -> {});
    }

    /**
     * Accepts a call in the transaction that is open on {@code connection}.
     *
     * @param connection to the database of the store; neither committed nor closed here
     * @throws UnsupportedOperationException if the store is not on a database
     * @throws dev.reprise.queue.model.InvalidCallException if the connection has no transaction
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> CallHandle<R> enqueue(
            Connection connection,
            Target<Q, R> target,
            Q request,
            Consumer<? super CallOptions> options) {
        Objects.requireNonNull(connection, "connection");
        var block = QueueCalls.options(Objects.requireNonNull(options, "options"));
        life.requireOpen();
        return life.getQueue().enqueue(connection, target, request, block);
    }

    /**
     * Accepts a call for each of {@code requests}, all or none, in one transaction.
     *
     * @return handles to the calls, in the sequence of the requests
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> List<CallHandle<R>> enqueueAll(
            Target<Q, R> target, List<? extends Q> requests) {
        return enqueueAll(target, requests, (request, options) -> {});
    }

    /**
     * Accepts a call for each of {@code requests}, all or none, in one transaction.
     *
     * @param options of each call: {@code (order, c) -> c.orderKey(order.customer())}
     * @return handles to the calls, in the sequence of the requests
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> List<CallHandle<R>> enqueueAll(
            Target<Q, R> target,
            List<? extends Q> requests,
            BiConsumer<? super Q, ? super CallOptions> options) {
        Objects.requireNonNull(requests, "requests");
        var block = QueueCalls.<Q>options(Objects.requireNonNull(options, "options"));
        return life.ask((queue, done) -> queue.enqueueAll(target, requests, block, done));
    }

    /**
     * Accepts a call for each of {@code requests}, all or none, in the transaction that is open on
     * {@code connection}: in a few statements, whatever their number.
     *
     * @param connection to the database of the store; neither committed nor closed here
     * @param options of each call
     * @return handles to the calls, in the sequence of the requests
     * @throws UnsupportedOperationException if the store is not on a database
     * @throws dev.reprise.queue.model.InvalidCallException if the connection has no transaction
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> List<CallHandle<R>> enqueueAll(
            Connection connection,
            Target<Q, R> target,
            List<? extends Q> requests,
            BiConsumer<? super Q, ? super CallOptions> options) {
        Objects.requireNonNull(connection, "connection");
        Objects.requireNonNull(requests, "requests");
        var block = QueueCalls.<Q>options(Objects.requireNonNull(options, "options"));
        life.requireOpen();
        return life.getQueue().enqueueAll(connection, target, requests, block);
    }

    /**
     * Accepts a call without blocking.
     *
     * @return a future of a handle, complete when the call is stored
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<CallHandle<R>> enqueueAsync(Target<Q, R> target, Q request) {
        return enqueueAsync(target, request, options -> {});
    }

    /**
     * Accepts a call without blocking.
     *
     * @return a future of a handle, complete when the call is stored
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            CompletableFuture<CallHandle<R>> enqueueAsync(
                    Target<Q, R> target, Q request, Consumer<? super CallOptions> options) {
        var block = QueueCalls.options(Objects.requireNonNull(options, "options"));
        return life.future((queue, done) -> queue.enqueue(target, request, block, done));
    }

    /**
     * Enqueues a call at most once for the call of {@code context} and this step, however often its
     * handler is attempted.
     *
     * @param context of the handler
     * @param step names it among the steps of this handler
     * @return a handle to the call, new or from an earlier attempt
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> CallHandle<R> enqueueOnce(
            CallContext context, String step, Target<Q, R> target, Q request) {
        return enqueueOnce(context, step, target, request, options -> {});
    }

    /**
     * Enqueues a call at most once for the call of {@code context} and this step.
     *
     * @param context of the handler
     * @param step names it among the steps of this handler
     * @param options of the call; a {@code uniqueKey} is ignored
     * @return a handle to the call, new or from an earlier attempt
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> CallHandle<R> enqueueOnce(
            CallContext context,
            String step,
            Target<Q, R> target,
            Q request,
            Consumer<? super CallOptions> options) {
        Objects.requireNonNull(step, "step");
        Objects.requireNonNull(options, "options");
        return QueueCalls.enqueueOnce(life, context, step, target, request, options);
    }
}
