package dev.reprise.temporal

import io.grpc.Status
import io.grpc.StatusRuntimeException
import io.temporal.api.workflowservice.v1.ListOpenWorkflowExecutionsRequest
import io.temporal.api.workflowservice.v1.RegisterNamespaceRequest
import io.temporal.client.WorkflowClientOptions
import io.temporal.serviceclient.WorkflowServiceStubs
import io.temporal.serviceclient.WorkflowServiceStubsOptions
import io.temporal.testing.TestEnvironmentOptions
import io.temporal.testing.TestWorkflowEnvironment
import java.time.Duration
import java.util.UUID
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport

/** The server of a story: in this process, or at an address. There each story has a namespace of its own, because the keys of calls are those of a namespace. */
internal object RemoteServer {
    private val QUERY_TIMEOUT: Duration = Duration.ofSeconds(2)
    private const val RETENTION_SECONDS = 86_400L
    private const val MOST_LOOKS = 300
    private val PAUSE = TimeUnit.MILLISECONDS.toNanos(100)

    fun open(
        address: String?,
        skipsTime: Boolean,
        stubs: WorkflowServiceStubsOptions.Builder.() -> Unit = {},
    ): TestWorkflowEnvironment {
        val service =
            WorkflowServiceStubsOptions
                .newBuilder()
                .setRpcQueryTimeout(QUERY_TIMEOUT)
                .apply(stubs)
                .build()
        val options = TestEnvironmentOptions.newBuilder().setUseTimeskipping(skipsTime).setWorkflowServiceStubsOptions(service)
        if (address != null) {
            val client = WorkflowClientOptions.newBuilder().setNamespace(namespaceAt(address)).build()
            options.setUseExternalService(true).setTarget(address).setWorkflowClientOptions(client)
        }
        return TestWorkflowEnvironment.newInstance(options.build())
    }

    /** Registers a namespace; the in-process server knows any. */
    private fun namespaceAt(address: String): String {
        val stubs = stubsAt(address)
        val name = "reprise-${UUID.randomUUID()}"
        val request = RegisterNamespaceRequest.newBuilder().setNamespace(name)
        request.workflowExecutionRetentionPeriodBuilder.seconds = RETENTION_SECONDS
        try {
            stubs.blockingStub().registerNamespace(request.build())
            awaitKnown(stubs, name)
        } catch (e: StatusRuntimeException) {
            if (e.status.code != Status.Code.UNIMPLEMENTED) throw e
        } finally {
            stubs.shutdown()
        }
        return name
    }

    /** A cluster learns of a new namespace after some seconds. */
    private fun awaitKnown(
        stubs: WorkflowServiceStubs,
        namespace: String,
    ) {
        val request = ListOpenWorkflowExecutionsRequest.newBuilder().setNamespace(namespace).build()
        repeat(MOST_LOOKS) {
            try {
                stubs.blockingStub().listOpenWorkflowExecutions(request)
                return
            } catch (e: StatusRuntimeException) {
                if (e.status.code != Status.Code.NOT_FOUND) throw e
            }
            LockSupport.parkNanos(PAUSE)
        }
        error("the server at this address does not know the namespace '$namespace', which it has registered")
    }

    fun stubsAt(address: String): WorkflowServiceStubs =
        WorkflowServiceStubs.newServiceStubs(WorkflowServiceStubsOptions.newBuilder().setTarget(address).build())
}
