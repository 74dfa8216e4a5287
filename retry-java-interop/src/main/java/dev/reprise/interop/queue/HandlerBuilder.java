package dev.reprise.interop.queue;

import dev.reprise.interop.function.BlockingHandler;
import dev.reprise.interop.function.OutcomeHandler;
import dev.reprise.interop.function.RequestHandler;
import dev.reprise.interop.internal.HandlerSettings;
import dev.reprise.interop.internal.QueueSetup;
import dev.reprise.interop.workflow.WorkflowRunner;
import dev.reprise.queue.ReloadingHandlers;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallHandler;
import dev.reprise.queue.model.Target;
import dev.reprise.workflow.model.Inputs;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The methods of {@link QueueRunner.Builder} that register handlers. */
abstract class HandlerBuilder {
    HandlerBuilder() {}

    /**
     * Handles the calls to {@code target}, on the executor.
     *
     * @param handler makes one attempt; it can block
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunner.Builder handle(
            Target<Q, R> target, RequestHandler<Q, R> handler) {
        return handle(target, handler, options -> {});
    }

    /**
     * Handles the calls to {@code target}, on the executor.
     *
     * @param handler makes one attempt; it can block
     * @param options lane, version, concurrency, retention
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunner.Builder handle(
            Target<Q, R> target,
            RequestHandler<Q, R> handler,
            Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(handler, "handler");
        return handle(target, (context, request) -> handler.handle(request), options);
    }

    /**
     * Handles the calls to {@code target} with a handler that uses the context of the call.
     *
     * @param handler makes one attempt; it can block, and a cancelled attempt interrupts it
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunner.Builder handle(
            Target<Q, R> target, BlockingHandler<Q, R> handler) {
        return handle(target, handler, options -> {});
    }

    /**
     * Handles the calls to {@code target} with a handler that uses the context of the call.
     *
     * @param handler makes one attempt; it can block, and a cancelled attempt interrupts it
     * @param options lane, version, concurrency, retention
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunner.Builder handle(
            Target<Q, R> target,
            BlockingHandler<Q, R> handler,
            Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(handler, "handler");
        return register(
                options,
                (q, chosen) -> q.handle(target, chosen, q.getHandlers().blocking(handler)));
    }

    /**
     * Handles the calls to {@code target} without occupying a thread while it waits. The function
     * is called on the executor; the stage is cancelled if the attempt is cancelled.
     *
     * @param handler starts one attempt
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunner.Builder handleAsync(
            Target<Q, R> target,
            Function<? super Q, ? extends @Nullable CompletionStage<R>> handler) {
        Objects.requireNonNull(handler, "handler");
        return handleAsync(target, (context, request) -> handler.apply(request), options -> {});
    }

    /**
     * Handles the calls to {@code target} without occupying a thread while it waits.
     *
     * @param handler starts one attempt
     * @param options lane, version, concurrency, retention
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunner.Builder handleAsync(
            Target<Q, R> target,
            BiFunction<? super CallContext, ? super Q, ? extends @Nullable CompletionStage<R>>
                    handler,
            Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(handler, "handler");
        return register(
                options, (q, chosen) -> q.handle(target, chosen, q.getHandlers().async(handler)));
    }

    /**
     * Handles the calls to {@code target} with a handler that suspends, on the threads of the
     * queue: it must not block.
     *
     * @param handler written in Kotlin; its version is that of {@code options}
     * @param options lane, version, concurrency, retention
     */
    public <Q extends @Nullable Object, R extends @Nullable Object>
            QueueRunner.Builder handleSuspending(
                    Target<Q, R> target,
                    CallHandler<Q, R> handler,
                    Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(handler, "handler");
        return register(options, (q, chosen) -> q.handleSuspending(target, chosen, handler));
    }

    /**
     * Handles the calls to {@code target} with code that is loaded from a folder while the queue
     * runs: copy a repaired jar into it, and the next attempt runs the new code.
     *
     * @param handlers the folder; its creator closes it, after the queue
     * @param className of a class with a constructor without parameters that is a {@link
     *     BlockingHandler}, or, written in Kotlin, a {@code CallHandler}; it does not have to exist
     *     before the first attempt
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunner.Builder handle(
            Target<Q, R> target, ReloadingHandlers handlers, String className) {
        return handle(target, handlers, className, options -> {});
    }

    /**
     * Handles the calls to {@code target} with code that is loaded from a folder while the queue
     * runs.
     *
     * @param handlers the folder; its creator closes it, after the queue
     * @param className of a class with a constructor without parameters that is a {@link
     *     BlockingHandler}, or, written in Kotlin, a {@code CallHandler}; it does not have to exist
     *     before the first attempt
     * @param options lane and concurrency; the version is that of the code
     */
    public <Q extends @Nullable Object, R extends @Nullable Object> QueueRunner.Builder handle(
            Target<Q, R> target,
            ReloadingHandlers handlers,
            String className,
            Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(handlers, "handlers");
        Objects.requireNonNull(className, "className");
        return register(
                options,
                (q, chosen) ->
                        q.handle(target, chosen, q.getHandlers().reloading(handlers, className)));
    }

    /**
     * Handles the calls to {@code target} by running a workflow, as the core's {@code
     * handleWorkflow} does. No thread waits while it runs.
     *
     * @param target created by {@code DurableWorkflows.workflowTarget}
     * @param workflow what is run
     * @param runner on a store that all workers share; tasks run on its executor, deciders and
     *     listeners on the threads of the queue, where they must not block
     * @param result returns the response of a run that succeeded
     */
    public <R extends @Nullable Object> QueueRunner.Builder handleWorkflow(
            Target<Inputs, R> target,
            Workflow workflow,
            WorkflowRunner runner,
            Function<? super WorkflowOutcome, ? extends R> result) {
        return handleWorkflow(target, workflow, runner, result, options -> {});
    }

    /**
     * Handles the calls to {@code target} by running a workflow, with options such as a lane.
     *
     * @param target created by {@code DurableWorkflows.workflowTarget}
     * @param workflow what is run
     * @param runner on a store that all workers share
     * @param result returns the response of a run that succeeded
     * @param options lane, version, concurrency, retention
     */
    public <R extends @Nullable Object> QueueRunner.Builder handleWorkflow(
            Target<Inputs, R> target,
            Workflow workflow,
            WorkflowRunner runner,
            Function<? super WorkflowOutcome, ? extends R> result,
            Consumer<? super HandlerOptions> options) {
        Objects.requireNonNull(result, "result");
        return register(
                options,
                (q, chosen) ->
                        q.handleWorkflow(target, workflow, runner.engine(), chosen, result::apply));
    }

    /**
     * Handles the outcomes of calls whose callback is {@code name}. A callback that needs a lane is
     * registered as a handler of {@link Target#callback}.
     *
     * @param name of the callback; 1 to 200 characters
     * @param handler processes an outcome; it can block
     */
    public QueueRunner.Builder callback(String name, OutcomeHandler handler) {
        Objects.requireNonNull(handler, "handler");
        return handle(Target.callback(name), QueueSetup.withoutResult(handler));
    }

    /**
     * Configures a lane: calls of one lane do not wait for those of others.
     *
     * @param name that a handler names in its options
     * @param concurrency how many of its calls run at a time in this process; default: 10
     */
    public QueueRunner.Builder lane(String name, int concurrency) {
        Objects.requireNonNull(name, "name");
        return configure(queue -> queue.lane(name, concurrency));
    }

    abstract QueueRunner.Builder configure(Consumer<QueueSetup> setting);

    private QueueRunner.Builder register(
            Consumer<? super HandlerOptions> configure,
            BiConsumer<QueueSetup, HandlerSettings> registration) {
        HandlerOptions options = new HandlerOptions();
        configure.accept(options);
        return configure(queue -> registration.accept(queue, options.settings));
    }
}
