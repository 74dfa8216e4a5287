package dev.reprise.temporal.internal

import com.google.protobuf.ByteString
import com.google.protobuf.Timestamp
import io.temporal.api.enums.v1.WorkflowExecutionStatus
import io.temporal.api.filter.v1.StartTimeFilter
import io.temporal.api.filter.v1.StatusFilter
import io.temporal.api.workflow.v1.WorkflowExecutionInfo
import io.temporal.api.workflowservice.v1.ListClosedWorkflowExecutionsRequest
import io.temporal.client.WorkflowClient
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import java.util.TreeSet

/**
 * Reads the ids of dead calls: what the visibility of the server knows. It lists them in no sequence that would help, so each batch is picked from
 * the whole list, which is read page by page: never more than [batchSize] ids are held, however many there are.
 */
internal class DeadCalls(
    private val client: WorkflowClient,
    private val batchSize: Int = BATCH,
    private val pageSize: Int = PAGE,
) {
    /** The ids in their sequence, which is that of the acceptance of the calls. None is emitted twice, also if its call dies again meanwhile. */
    fun cids(): Flow<String> =
        flow {
            var after = ""
            do {
                val batch = batchAfter(after)
                for (cid in batch) emit(cid)
                after = batch.lastOrNull() ?: return@flow
            } while (batch.size == batchSize)
        }

    private suspend fun batchAfter(last: String): Set<String> {
        val batch = TreeSet<String>()
        var page = ByteString.EMPTY
        do {
            val request = failed.toBuilder().setNextPageToken(page).build()
            val response = remote { client.workflowServiceStubs.blockingStub().listClosedWorkflowExecutions(request) }
            for (run in response.executionsList) {
                val cid = run.execution.workflowId
                if (run.isDead && cid > last) batch += cid
                if (batch.size > batchSize) batch.pollLast()
            }
            page = response.nextPageToken
        } while (!page.isEmpty)
        return batch
    }

    /** A server that does not filter by status lists others too. */
    private val WorkflowExecutionInfo.isDead: Boolean
        get() = type.name == CallWorkflow.TYPE && status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED

    private val failed =
        ListClosedWorkflowExecutionsRequest
            .newBuilder()
            .setNamespace(client.options.namespace)
            .setMaximumPageSize(pageSize)
            .setStartTimeFilter(StartTimeFilter.newBuilder().setLatestTime(Timestamp.newBuilder().setSeconds(LATEST)))
            .setStatusFilter(StatusFilter.newBuilder().setStatus(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED))
            .build()

    private companion object {
        const val BATCH = 20_000
        const val PAGE = 500
        const val LATEST = 4_102_444_800L
    }
}
