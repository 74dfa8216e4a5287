package dev.reprise.failures

import dev.reprise.internal.policy.isTransient
import dev.reprise.policy.TransientFailures

/** Which failures of gRPC, by class and status, without its library are worth another attempt: the table of [TransientFailures.GRPC] as a function. */
public object GrpcFailures {
    /** True if [failure] or one of its causes is transient. */
    @JvmStatic
    public fun isTransient(failure: Throwable): Boolean = TransientFailures.GRPC.isTransient(failure) == true
}
