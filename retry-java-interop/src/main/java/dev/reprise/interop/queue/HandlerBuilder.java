package dev.reprise.interop.queue;

import dev.reprise.queue.ReloadingHandlers;
import dev.reprise.queue.RetryQueueBuilder;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The calls of {@link QueueRunnerBuilder} that say <em>who</em> works on the calls. */
public abstract sealed class HandlerBuilder permits QueueRunnerBuilder {
    HandlerBuilder() {}

    /**
     * Handles the calls to {@code target}, on the executor.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param handler makes one attempt; it may block
     * @return this builder
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunnerBuilder handle(
            CallTarget<Q, R> target, RequestHandler<Q, R> handler) {
        return handle(target, handler, options -> {});
    }

    /**
     * Handles the calls to {@code target}, on the executor.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param handler makes one attempt; it may block
     * @param options lane, version, concurrency
     * @return this builder
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunnerBuilder handle(
            CallTarget<Q, R> target,
            RequestHandler<Q, R> handler,
            Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(handler, "handler");
        return handle(target, (call, request) -> handler.handle(request), options);
    }

    /**
     * Handles the calls to {@code target} with a handler that looks at the call too.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param handler makes one attempt; it may block, and is interrupted if the attempt is cut
     * @return this builder
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunnerBuilder handle(
            CallTarget<Q, R> target, BlockingHandler<Q, R> handler) {
        return handle(target, handler, options -> {});
    }

    /**
     * Handles the calls to {@code target} with a handler that looks at the call too.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param handler makes one attempt; it may block, and is interrupted if the attempt is cut
     * @param options lane, version, concurrency
     * @return this builder
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunnerBuilder handle(
            CallTarget<Q, R> target,
            BlockingHandler<Q, R> handler,
            Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(handler, "handler");
        HandlerOptions how = options(options);
        return tell(
                (builder, handlers) ->
                        QueueBridge.handle(
                                builder, target.asTarget(), how, handlers.blocking(handler)));
    }

    /**
     * Handles the calls to {@code target} without a thread while it waits. The function is called
     * on the executor; the stage is cancelled if the attempt is cut.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param handler starts one attempt
     * @return this builder
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunnerBuilder handleAsync(
            CallTarget<Q, R> target,
            Function<? super Q, ? extends @Nullable CompletionStage<R>> handler) {
        Objects.requireNonNull(handler, "handler");
        return handleAsync(target, (call, request) -> handler.apply(request), options -> {});
    }

    /**
     * Handles the calls to {@code target} without a thread while it waits.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param handler starts one attempt
     * @param options lane, version, concurrency
     * @return this builder
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunnerBuilder handleAsync(
            CallTarget<Q, R> target,
            BiFunction<? super HandlerContext, ? super Q, ? extends @Nullable CompletionStage<R>>
                    handler,
            Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(handler, "handler");
        HandlerOptions how = options(options);
        return tell(
                (builder, handlers) ->
                        QueueBridge.handle(
                                builder, target.asTarget(), how, handlers.async(handler)));
    }

    /**
     * Handles the calls to {@code target} with code that is read from a folder while the queue
     * runs: drop a repaired jar in, and the next attempt runs it.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param handlers the folder; whoever made it closes it, after the queue
     * @param className of a class with a constructor without parameters that is a {@code
     *     dev.reprise.interop.queue.BlockingHandler}, or, written in Kotlin, a {@code
     *     dev.reprise.queue.model.CallHandler}; it need not be there yet
     * @return this builder
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunnerBuilder handle(
            CallTarget<Q, R> target, ReloadingHandlers handlers, String className) {
        return handle(target, handlers, className, options -> {});
    }

    /**
     * Handles the calls to {@code target} with code that is read from a folder while the queue
     * runs.
     *
     * @param <Q> the request
     * @param <R> the response
     * @param target names the handler
     * @param handlers the folder; whoever made it closes it, after the queue
     * @param className of a class with a constructor without parameters that is a {@code
     *     dev.reprise.interop.queue.BlockingHandler}, or, written in Kotlin, a {@code
     *     dev.reprise.queue.model.CallHandler}; it need not be there yet
     * @param options lane and concurrency; the version is that of the code
     * @return this builder
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunnerBuilder handle(
            CallTarget<Q, R> target,
            ReloadingHandlers handlers,
            String className,
            Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(handlers, "handlers");
        Objects.requireNonNull(className, "className");
        HandlerOptions how = options(options);
        return tell(
                (builder, threads) ->
                        QueueBridge.handle(
                                builder,
                                target.asTarget(),
                                how,
                                threads.reloading(handlers, className)));
    }

    /**
     * Handles the outcomes of calls that name {@code name} as their callback. One that needs a lane
     * is handled as {@link CallTarget#callback}.
     *
     * @param name of the callback; 1 to 200 characters
     * @param handler takes note of an outcome; it may block
     * @return this builder
     */
    public QueueRunnerBuilder callback(String name, OutcomeHandler handler) {
        Objects.requireNonNull(handler, "handler");
        return handle(CallTarget.callback(name), QueueBridge.telling(handler));
    }

    /**
     * Sets up a lane: calls of one lane do not wait for those of others.
     *
     * @param name that some handler names in its options
     * @param concurrency how many of its calls run at a time in this process; default: 10
     * @return this builder
     */
    public QueueRunnerBuilder lane(String name, int concurrency) {
        Objects.requireNonNull(name, "name");
        return tell((builder, handlers) -> QueueBridge.lane(builder, name, concurrency));
    }

    abstract QueueRunnerBuilder tell(BiConsumer<RetryQueueBuilder, Handlers> one);

    private static HandlerOptions options(Consumer<? super HandlerOptions> tell) {
        HandlerOptions options = new HandlerOptions();
        tell.accept(options);
        return options;
    }
}
