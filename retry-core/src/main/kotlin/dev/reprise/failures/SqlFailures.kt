package dev.reprise.failures

import dev.reprise.internal.policy.isTransient
import dev.reprise.policy.TransientFailures

/** Which failures of a database are worth another attempt: the table of [TransientFailures.SQL] as a function. */
public object SqlFailures {
    /** True if [failure] or one of its causes is transient. If a restored failure is a `SQLException` whose class does not tell, false: its SQLState was not stored. */
    @JvmStatic
    public fun isTransient(failure: Throwable): Boolean = TransientFailures.SQL.isTransient(failure) == true
}
