package dev.reprise.temporal.internal

import com.google.protobuf.Timestamp
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.UnknownCallException
import io.grpc.Status
import io.grpc.StatusRuntimeException
import io.temporal.api.common.v1.WorkflowExecution
import io.temporal.api.enums.v1.WorkflowExecutionStatus
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy
import io.temporal.api.enums.v1.WorkflowIdReusePolicy
import io.temporal.api.workflow.v1.WorkflowExecutionInfo
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse
import io.temporal.client.WorkflowClient
import io.temporal.client.WorkflowException
import io.temporal.client.WorkflowExecutionAlreadyStarted
import io.temporal.client.WorkflowFailedException
import io.temporal.client.WorkflowNotFoundException
import io.temporal.client.WorkflowOptions
import io.temporal.failure.ApplicationFailure
import java.time.Duration
import java.util.Optional
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException

/** The workflows of calls, orders and keys, as a client sees them. */
internal class Executions(
    private val client: WorkflowClient,
    private val taskQueue: String,
) {
    /** Starts the workflow of a call; false if it is there, by an earlier try or by the workflow that holds its key. */
    suspend fun start(
        call: CallRecord,
        reuse: WorkflowIdReusePolicy = REJECT,
    ): Boolean {
        val options = options(call.cid, reuse).build()
        return remote {
            try {
                client.newUntypedWorkflowStub(CallWorkflow.TYPE, options).start(call)
                true
            } catch (_: WorkflowExecutionAlreadyStarted) {
                false
            }
        }
    }

    /** The call [cid] gets in line. */
    suspend fun join(
        orderKey: String,
        cid: String,
    ): Unit = remote { joinBlocking(orderKey, cid) }

    fun joinBlocking(
        orderKey: String,
        cid: String,
    ) {
        val options = options(OrderWorkflow.idOf(orderKey), WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE).build()
        client.newUntypedWorkflowStub(OrderWorkflow.TYPE, options).signalWithStart("join", arrayOf(cid), arrayOf(OrderRecord()))
    }

    /** Starts the workflow that holds the key of [call], unless one is there. Returns the id of the call that has the key. */
    suspend fun hold(call: CallRecord): String? {
        val id = KeyWorkflow.idOf(checkNotNull(call.uniqueKey))
        val options =
            options(id, if (call.keepUniqueKey) REJECT else WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
                .setWorkflowIdConflictPolicy(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING)
                .setMemo(mapOf(KeyWorkflow.HOLDER to call.cid))
                .build()
        remote {
            try {
                client.newUntypedWorkflowStub(KeyWorkflow.TYPE, options).start(call)
            } catch (_: WorkflowExecutionAlreadyStarted) {
                // A kept key.
            }
        }
        return describe(id)?.let(::holderOf)
    }

    /** Waits until the workflow has ended that holds [uniqueKey]. */
    suspend fun keyFreed(uniqueKey: String) {
        remote {
            try {
                client.newUntypedWorkflowStub(KeyWorkflow.idOf(uniqueKey)).getResult(Void::class.java)
            } catch (_: WorkflowFailedException) {
                // A person has ended it.
            }
        }
    }

    /** The id of the call that holds or held a key. */
    fun holderOf(key: WorkflowExecutionInfo): String? =
        key.memo.fieldsMap[KeyWorkflow.HOLDER]?.let {
            client.options.dataConverter.fromPayload(it, String::class.java, String::class.java)
        }

    private fun options(
        id: String,
        reuse: WorkflowIdReusePolicy,
    ) = WorkflowOptions
        .newBuilder()
        .setTaskQueue(taskQueue)
        .setWorkflowId(id)
        .setWorkflowIdReusePolicy(reuse)

    /** True if the workflow [id] is running. */
    suspend fun isOpen(id: String): Boolean = describe(id)?.status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING

    /** The last run of the workflow [id]; null if there is none. */
    suspend fun describe(id: String): WorkflowExecutionInfo? = look(id)?.workflowExecutionInfo

    /** Its last run, and the activities that are running; null if there is none. */
    suspend fun look(id: String): DescribeWorkflowExecutionResponse? {
        val request =
            DescribeWorkflowExecutionRequest
                .newBuilder()
                .setNamespace(client.options.namespace)
                .setExecution(WorkflowExecution.newBuilder().setWorkflowId(id))
                .build()
        return remote {
            try {
                client.workflowServiceStubs.blockingStub().describeWorkflowExecution(request)
            } catch (e: StatusRuntimeException) {
                if (e.status.code == Status.Code.NOT_FOUND) null else throw e
            }
        }
    }

    /** The call [cid] as its last run has it; null if there is none. */
    suspend fun find(cid: String): CallRecord? {
        val run = describe(cid)?.takeIf { it.type.name == CallWorkflow.TYPE } ?: return null
        if (run.status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING) return ended(cid)
        return query(cid, "call", CallRecord::class.java)
    }

    /** The line of an order; null if it is empty. */
    suspend fun order(orderKey: String): OrderRecord? {
        val id = OrderWorkflow.idOf(orderKey)
        return if (isOpen(id)) query(id, "order", OrderRecord::class.java) else null
    }

    private suspend fun <T> query(
        id: String,
        name: String,
        type: Class<T>,
    ): T =
        remote {
            try {
                client.newUntypedWorkflowStub(id).query(name, type)
            } catch (e: WorkflowException) {
                throw StoreUnavailableException(
                    "no worker of '$taskQueue' answers; one has to run to know the workflow '$id' before it ends",
                    e,
                )
            }
        }

    /** Sends a signal to a workflow that is running; false if there is none. */
    suspend fun signal(
        id: String,
        name: String,
        vararg arguments: Any,
    ): Boolean =
        remote {
            try {
                client.newUntypedWorkflowStub(id).signal(name, *arguments)
                true
            } catch (_: WorkflowNotFoundException) {
                false
            }
        }

    /**
     * Waits for the end of the call [cid], and returns it.
     *
     * @throws UnknownCallException if there is none.
     */
    suspend fun ended(cid: String): CallRecord =
        remote(waits) {
            try {
                client.newUntypedWorkflowStub(cid).getResult(CallRecord::class.java)
            } catch (e: WorkflowFailedException) {
                endOf(cid, e)
            } catch (_: WorkflowNotFoundException) {
                throw UnknownCallException(cid)
            }
        }

    /** True if the call [cid] was cancelled within [limit]. */
    suspend fun isCancelledWithin(
        cid: String,
        limit: Duration,
    ): Boolean =
        remote {
            try {
                val end = client.newUntypedWorkflowStub(cid).getResult(limit.toMillis(), TimeUnit.MILLISECONDS, CallRecord::class.java)
                end.state == "CANCELLED"
            } catch (_: TimeoutException) {
                false
            } catch (_: WorkflowFailedException) {
                false
            }
        }

    private fun endOf(
        cid: String,
        end: WorkflowFailedException,
    ): CallRecord {
        val failure = end.cause as? ApplicationFailure
        return when {
            failure == null -> endedByOthers(cid, end)
            failure.type == DEAD -> failure.details.get(0, CallRecord::class.java)
            else -> throw IllegalStateException("the workflow '$cid' failed, and not because its call died: ${failure.message}", end)
        }
    }

    /** A person has ended its workflow in Temporal: that is a cancellation, without callbacks. What was recorded is the input of the run. */
    private fun endedByOthers(
        cid: String,
        end: WorkflowFailedException,
    ): CallRecord {
        val events = client.fetchHistory(cid, end.execution.runId).history.eventsList
        val input = events.first().workflowExecutionStartedEventAttributes.input
        val at = events.last().eventTime.toMillis()
        return client.options.dataConverter.fromPayloads(0, Optional.of(input), CallRecord::class.java, CallRecord::class.java).apply {
            if (state == null) acceptAt(events.first().eventTime.toMillis())
            state = "CANCELLED"
            claimedAt = null
            endedAt = at
        }
    }

    /** As its workflow would have, which a person ended before that. */
    private fun CallRecord.acceptAt(millis: Long) {
        enqueuedAt = millis
        firstFailure?.let {
            errors = listOf(it.at(millis))
            attempts = 1
            failures = 1
        }
        firstFailure = null
    }

    private fun Timestamp.toMillis() = seconds * 1_000 + nanos / 1_000_000

    private companion object {
        val REJECT = WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
    }
}
