package dev.reprise.failures

import dev.reprise.internal.policy.isTransient
import dev.reprise.policy.TransientFailures

/** Which failures of connections are worth another attempt: the table of [TransientFailures.NETWORK] as a function. */
public object NetworkFailures {
    /** True if [failure] or one of its causes is transient. */
    @JvmStatic
    public fun isTransient(failure: Throwable): Boolean = TransientFailures.NETWORK.isTransient(failure) == true
}
