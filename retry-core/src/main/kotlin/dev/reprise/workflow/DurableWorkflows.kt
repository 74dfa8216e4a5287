@file:JvmMultifileClass
@file:JvmName("DurableWorkflows")

package dev.reprise.workflow

import dev.reprise.internal.workflow.engine.RunRequest
import dev.reprise.internal.workflow.engine.TimeLimit
import dev.reprise.internal.workflow.plan.PlanCache
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.RESET_HEADER
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.WORKFLOW_INPUTS
import dev.reprise.queue.model.undoHandlerOf
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.OnEnd
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.spi.StoredValues
import kotlinx.coroutines.CancellationException
import java.time.InstantSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Names a workflow that is enqueued as a durable call: the request is its inputs, the response is what [handleWorkflow] returns, written by
 * [response]. The inputs are written by [codec].
 *
 * With [onEnd] `UNDO`, the default, a call that is cancelled, that expires, or whose policy is used up, is followed by a call to the handler
 * `<name>/undo`, written in the same transaction, which undoes the run. A call that is dead as `REJECTED` or `CRASH_LOOP` is not: a person has to look
 * at it, and can have it undone with [undoTarget].
 */
@JvmOverloads
public fun <R> workflowTarget(
    name: String,
    response: PayloadCodec<R>,
    codec: ValueCodec = ValueCodec.Json,
    onEnd: OnEnd = OnEnd.UNDO,
): Target<Inputs, R> = Target(name, InputsCodec(codec), response, version = 1, isUndone = onEnd == OnEnd.UNDO)

/** Names a workflow without a response. */
@JvmOverloads
public fun workflowTarget(
    name: String,
    codec: ValueCodec = ValueCodec.Json,
    onEnd: OnEnd = OnEnd.UNDO,
): Target<Inputs, Unit> = workflowTarget(name, PayloadCodec.None, codec, onEnd)

/**
 * Handles the calls to [target] by running [workflow] on [engine], whose store has to be one that all workers share.
 *
 * The id of the call is the id of the run. If a worker dies, the next one continues where it was: tasks that have ended are not
 * run again. A run that another worker owns is waited for and uses up no attempt.
 *
 * - It succeeded: the call succeeds with what [result] returns for the outcome.
 * - It was reverted: the attempt has failed. If the policy of the call allows another one, the run starts over; `maxAttempts(1)` prevents
 *   that. If the worker of a later attempt dies after the run was reverted and before that is counted, the run starts over once more.
 * - A revert failed, or the run could not continue, so an operator has to look at it: the call is dead, `REJECTED`. Replays end in the same way
 *   until the run is undone or reset; `OperatorAction.Replay(reset = true)` resets it.
 * - Nothing is left to do but to wait for a controller's delay of more than a second: the call is snoozed until then and leaves its place in the lane.
 * - It was suspended, or its store does not respond: it continues with the next attempt.
 *
 * A call that is purged or discarded takes its run along, after an hour, unless the run is still to be undone.
 *
 * The handler `<name>/undo` is registered too, in the same lane; see [workflowTarget]. A call that is replayed waits until its run is undone, and
 * starts over.
 *
 * The policy's `attemptTimeout`, or the queue's, limits one attempt, without those delays, and without tasks that have a
 * [timeout][dev.reprise.workflow.model.TaskHandle.timeout] of their own. Another task that is running then is cancelled and starts again in the next
 * attempt: give a task that takes longer a timeout.
 */
public fun <R> RetryQueueBuilder.handleWorkflow(
    target: Target<Inputs, R>,
    workflow: Workflow,
    engine: WorkflowEngine,
    lane: String = RetryQueueBuilder.DEFAULT_LANE,
    version: Int = RetryQueueBuilder.DEFAULT_VERSION,
    concurrency: Int = RetryQueueBuilder.UNLIMITED,
    retention: Duration? = null,
    keepPayload: Boolean = true,
    keepSucceeded: Boolean = true,
    result: (WorkflowOutcome) -> R,
) {
    handle(target, lane, version, concurrency, retention, keepPayload, keepSucceeded) { inputs -> result(carry(engine, workflow, inputs)) }
    handle(undoHandler(target), lane, version, concurrency) { ended -> undo(engine, workflow, ended) }
    val orphans = engine.orphanedRuns(workflow.name, undoHandlerOf(target.name))
    chore { store -> orphans.remove { store.operations.calls(it, after = null, MOST_CALLS) } }
}

/** The same for a workflow without a response. */
public fun RetryQueueBuilder.handleWorkflow(
    target: Target<Inputs, Unit>,
    workflow: Workflow,
    engine: WorkflowEngine,
    lane: String = RetryQueueBuilder.DEFAULT_LANE,
    version: Int = RetryQueueBuilder.DEFAULT_VERSION,
    concurrency: Int = RetryQueueBuilder.UNLIMITED,
    retention: Duration? = null,
    keepPayload: Boolean = true,
    keepSucceeded: Boolean = true,
): Unit = handleWorkflow(target, workflow, engine, lane, version, concurrency, retention, keepPayload, keepSucceeded) {}

private suspend fun CallContext.carry(
    engine: WorkflowEngine,
    workflow: Workflow,
    inputs: Inputs,
): WorkflowOutcome {
    // A call that was cut off and is replayed: what it did is undone first.
    if (isStored && attempt == 1 && call.claims > 1 && isBeingUndone()) snooze(SOON)
    val outcome =
        try {
            outcome(engine, workflow, inputs)
        } catch (_: RunTakenException) {
            // The worker that owned it is dead or about to be: its lease has not expired.
            snooze(SOON)
        }
    return when (outcome) {
        is WorkflowOutcome.Success -> {
            outcome
        }

        is WorkflowOutcome.Suspended -> {
            snooze(outcome.dueAt?.let { (it.toEpochMilli() - now.toEpochMilli()).coerceAtLeast(0).milliseconds } ?: SOON)
        }

        is WorkflowOutcome.Reverted -> {
            if (outcome.report.revertFailures.isEmpty()) {
                throw failureOf(
                    outcome.report,
                )
            } else {
                reject(outcome.report)
            }
        }

        is WorkflowOutcome.Failed -> {
            reject(outcome.report)
        }
    }
}

/** An interruption or a cancellation that a task threw itself would look like one of the attempt. */
internal fun failureOf(report: WorkflowFailedException): Throwable =
    report.thrown().let { if (it is InterruptedException || it is CancellationException) report else it }

private fun CallContext.reject(report: WorkflowFailedException): Nothing = reject(report.message, report)

private suspend fun CallContext.outcome(
    engine: WorkflowEngine,
    workflow: Workflow,
    inputs: Inputs,
): WorkflowOutcome {
    val request =
        RunRequest(
            call.cid,
            inputs.byName,
            InstantSource { now },
            AttemptTimeLimit(this),
            isContinuation = true,
            isOfCall = true,
            isExecutedOnce = true,
        )
    val run = engine.open(PlanCache.planOf(workflow), request)
    try {
        return run.carry(isFirst = call.attempts == 0, patience, resets = RESET_HEADER in call.headers)
    } finally {
        run.close()
    }
}

private class AttemptTimeLimit(
    private val call: CallContext,
) : TimeLimit {
    override fun pause() = call.pauseTimeout()

    override fun resume() = call.resumeTimeout()
}

/** Delays up to this one pass in the attempt; for a longer one the call is snoozed. */
private val CallContext.patience: Duration get() = if (isStored) minOf(SHORT, remaining / 2) else Duration.INFINITE

/** On a page of a list. */
private const val MOST_CALLS = 500
private val SHORT = 1.seconds
private val SOON = 5.seconds

private class InputsCodec(
    codec: ValueCodec,
) : PayloadCodec<Inputs> {
    private val values = StoredValues(codec)

    override val name: String get() = WORKFLOW_INPUTS

    override fun encode(value: Inputs): ByteArray = values.encodeInputs(value.byName).encodeToByteArray()

    override fun decode(
        bytes: ByteArray,
        version: Int,
    ): Inputs = Inputs(values.decodeInputs(bytes.decodeToString()))
}
