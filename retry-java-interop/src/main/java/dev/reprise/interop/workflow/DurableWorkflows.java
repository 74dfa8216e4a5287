package dev.reprise.interop.workflow;

import static java.util.Objects.requireNonNull;

import dev.reprise.interop.queue.BlockingHandler;
import dev.reprise.interop.queue.CallCodec;
import dev.reprise.interop.queue.CallTarget;
import dev.reprise.interop.queue.HandlerContext;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.workflow.DurableWorkflowsKt;
import dev.reprise.workflow.model.Inputs;
import dev.reprise.workflow.model.RunTakenException;
import dev.reprise.workflow.model.ValueCodec;
import dev.reprise.workflow.model.Workflow;
import dev.reprise.workflow.model.WorkflowFailedException;
import dev.reprise.workflow.model.WorkflowOutcome;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Workflows that are enqueued as durable calls: the workers of any machine carry them to their end.
 *
 * <pre>{@code
 * CallTarget<Inputs, String> booking = DurableWorkflows.target("booking", CallCodec.text());
 *
 * DurableQueue queue = DurableQueue.jdbc(source)
 *         .handle(booking, DurableWorkflows.handler(trip, runner, end -> end.getValues().get(ticket)))
 *         .build()
 *         .start();
 * queue.enqueue(booking, Inputs.of(traveller, "Ada"));
 * }</pre>
 */
public final class DurableWorkflows {
    private static final Duration SOON = Duration.ofSeconds(5);

    private DurableWorkflows() {}

    /**
     * Names a workflow: its inputs go in, as {@code ValueCodec.Simple} writes them, and what its
     * handler makes of the end comes out.
     *
     * @param <R> what comes out
     * @param name the name of the handler; 1 to 200 characters
     * @param response writes and reads what comes out; {@code CallCodec.none()} for nothing
     * @return the target
     */
    public static <R extends @Nullable Object> CallTarget<Inputs, R> target(
            String name, CallCodec<R> response) {
        return target(name, response, ValueCodec.Simple);
    }

    /**
     * Names a workflow whose inputs are written by a codec of its own.
     *
     * @param <R> what comes out
     * @param name the name of the handler; 1 to 200 characters
     * @param response writes and reads what comes out
     * @param codec writes and reads the inputs
     * @return the target
     */
    public static <R extends @Nullable Object> CallTarget<Inputs, R> target(
            String name, CallCodec<R> response, ValueCodec codec) {
        PayloadCodec<Inputs> inputs =
                DurableWorkflowsKt.workflowTarget(name, requireNonNull(codec, "codec"))
                        .getRequest();
        return CallTarget.of(
                name,
                CallCodec.of(inputs.getName(), inputs::encode, bytes -> inputs.decode(bytes, 1)),
                response);
    }

    /**
     * Makes a handler that runs {@code workflow}. The id of the call is the id of the run. Whatever
     * becomes of a worker, the next one goes on where it was: tasks that have ended are not run
     * again.
     *
     * <p>Its thread waits while the workflow runs. So the queue and the runner must not share an
     * executor with a bounded number of threads: as soon as handlers have taken all of them, none
     * is left for the tasks that they wait for. Without executors of their own they may.
     *
     * <ul>
     *   <li>It succeeded: the call succeeds with what {@code result} makes of the outcome.
     *   <li>It was undone: the attempt has failed. If the policy of the call allows another one,
     *       all begins anew; {@code maxAttempts(1)} for never.
     *   <li>A revert failed, so that somebody has to look at it: the call is dead, {@code
     *       REJECTED}.
     *   <li>It was suspended, or another worker still has it: it goes on with the next attempt, and
     *       this one is not counted.
     * </ul>
     *
     * @param <R> what comes out
     * @param workflow made by {@link Workflows}, or in Kotlin
     * @param runner on a store that all workers share
     * @param result what comes out of a run that succeeded
     * @return a handler for a {@link #target}
     */
    public static <R extends @Nullable Object> BlockingHandler<Inputs, R> handler(
            Workflow workflow,
            WorkflowRunner runner,
            Function<? super WorkflowOutcome.Success, ? extends R> result) {
        requireNonNull(workflow, "workflow");
        requireNonNull(runner, "runner");
        requireNonNull(result, "result");
        return (call, inputs) ->
                result.apply(carry(call, runner.of(workflow).inputs(inputs).id(call.cid())));
    }

    private static WorkflowOutcome.Success carry(HandlerContext call, RunRequest run)
            throws Exception {
        WorkflowOutcome outcome = outcome(call, run);
        if (outcome instanceof WorkflowOutcome.Success success) {
            return success;
        }
        if (outcome instanceof WorkflowOutcome.Failed failed) {
            throw rejected(call, failed.getReport());
        }
        if (outcome instanceof WorkflowOutcome.Reverted reverted) {
            throw undone(call, reverted);
        }
        throw call.snooze(SOON);
    }

    private static RuntimeException undone(HandlerContext call, WorkflowOutcome.Reverted outcome) {
        // A run that goes on after a failed revert ends as undone too, with that failure.
        if (!outcome.getReport().getRevertFailures().isEmpty()) {
            throw rejected(call, outcome.getReport());
        }
        throw RunBridge.undone(outcome);
    }

    private static RuntimeException rejected(HandlerContext call, WorkflowFailedException report) {
        return call.reject(requireNonNull(report.getMessage()), report);
    }

    private static WorkflowOutcome outcome(HandlerContext call, RunRequest run)
            throws InterruptedException {
        try {
            return run.outcome();
        } catch (RunTakenException e) {
            // The worker that had it is dead or nearly so: its lease has yet to run out.
            throw call.snooze(SOON);
        }
    }
}
