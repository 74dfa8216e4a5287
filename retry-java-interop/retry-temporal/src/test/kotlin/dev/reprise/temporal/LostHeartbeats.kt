package dev.reprise.temporal

import io.grpc.CallOptions
import io.grpc.Channel
import io.grpc.ClientCall
import io.grpc.ClientInterceptor
import io.grpc.Metadata
import io.grpc.MethodDescriptor
import io.grpc.Status
import io.temporal.api.workflowservice.v1.RecordActivityTaskHeartbeatResponse

/** Lets no heartbeat get through to the server while it [loses] them. */
internal class LostHeartbeats : ClientInterceptor {
    @Volatile
    var loses = true

    override fun <Q, R> interceptCall(
        method: MethodDescriptor<Q, R>,
        options: CallOptions,
        next: Channel,
    ): ClientCall<Q, R> = if (loses && method.bareMethodName == "RecordActivityTaskHeartbeat") LostCall() else next.newCall(method, options)

    private class LostCall<Q, R> : ClientCall<Q, R>() {
        private lateinit var listener: Listener<R>

        override fun start(
            listener: Listener<R>,
            headers: Metadata,
        ) {
            this.listener = listener
        }

        override fun sendMessage(message: Q) = Unit

        override fun request(messages: Int) = Unit

        override fun cancel(
            message: String?,
            cause: Throwable?,
        ) = Unit

        @Suppress("UNCHECKED_CAST")
        override fun halfClose() {
            listener.onHeaders(Metadata())
            listener.onMessage(RecordActivityTaskHeartbeatResponse.getDefaultInstance() as R)
            listener.onClose(Status.OK, Metadata())
        }
    }
}
