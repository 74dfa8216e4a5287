@file:JvmName("DurableWorkflows")

package dev.reprise.workflow

import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.spi.StoredValues
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Names a workflow that is enqueued as a durable call: the request is its inputs, the response is what [handleWorkflow] returns, written by
 * [response]. The inputs are written by [codec].
 */
@JvmOverloads
public fun <R> workflowTarget(
    name: String,
    response: PayloadCodec<R>,
    codec: ValueCodec = ValueCodec.Json,
): Target<Inputs, R> = Target(name, InputsCodec(codec), response)

/** Names a workflow without a response. */
@JvmOverloads
public fun workflowTarget(
    name: String,
    codec: ValueCodec = ValueCodec.Json,
): Target<Inputs, Unit> = workflowTarget(name, PayloadCodec.None, codec)

/**
 * Handles the calls to [target] by running [workflow] on [engine], whose store has to be one that all workers share.
 *
 * The id of the call is the id of the run. If a worker dies, the next one continues where it was: tasks that have ended are not
 * run again. A run that another worker owns is waited for and uses up no attempt.
 *
 * - It succeeded: the call succeeds with what [result] returns for the outcome.
 * - It was reverted: the attempt has failed. If the policy of the call allows another one, the run starts over; `maxAttempts(1)` prevents
 *   that. If the worker of a later attempt dies after the run was reverted and before that is counted, the run starts over once more.
 * - A revert failed, so an operator has to look at it: the call is dead, `REJECTED`. Its first replay ends in the same way; a second one
 *   starts over.
 * - It was suspended, or its store does not respond: it continues with the next attempt.
 *
 * The policy's `attemptTimeout`, or the queue's, limits one attempt; a workflow that takes longer continues in the next one.
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
    result: (WorkflowOutcome) -> R,
): Unit = handle(target, lane, version, concurrency, retention, keepPayload) { inputs -> result(carry(engine, workflow, inputs)) }

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
): Unit = handleWorkflow(target, workflow, engine, lane, version, concurrency, retention, keepPayload) {}

private suspend fun CallContext.carry(
    engine: WorkflowEngine,
    workflow: Workflow,
    inputs: Inputs,
): WorkflowOutcome {
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
            snooze(SOON)
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

/** An interruption that a task threw itself would look like one of the attempt. */
private fun failureOf(report: WorkflowFailedException): Throwable = report.thrown().let { if (it is InterruptedException) report else it }

private fun CallContext.reject(report: WorkflowFailedException): Nothing = reject(report.message, report)

/** A run that was reverted before any attempt of its call has ended is that of a worker that died: its end has not been reported. */
private suspend fun CallContext.outcome(
    engine: WorkflowEngine,
    workflow: Workflow,
    inputs: Inputs,
): WorkflowOutcome {
    val run = engine.open(workflow, inputs, call.cid)
    try {
        return if (call.attempts == 0) run.executeOnce() else run.execute()
    } finally {
        run.close()
    }
}

private val SOON = 5.seconds

private class InputsCodec(
    codec: ValueCodec,
) : PayloadCodec<Inputs> {
    private val values = StoredValues(codec)

    override val name: String get() = "workflow inputs"

    override fun encode(value: Inputs): ByteArray = values.encodeInputs(value.byName).encodeToByteArray()

    override fun decode(
        bytes: ByteArray,
        version: Int,
    ): Inputs = Inputs(values.decodeInputs(bytes.decodeToString()))
}
