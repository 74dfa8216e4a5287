package dev.reprise.internal.policy

import dev.reprise.internal.util.chain
import dev.reprise.policy.TransientFailures
import dev.reprise.policy.typeNames

/** The word for this table in the notation. */
internal val TransientFailures.word: String get() = name.lowercase()

/** The table that [word] names; null if it names none. */
internal fun tableOf(word: String): TransientFailures? = TransientFailures.entries.find { it.word == word }

/** True if [failure] or one of its causes is transient by this table; null if a restored failure does not contain enough to know. */
internal fun TransientFailures.isTransient(failure: Throwable): Boolean? =
    when (this) {
        TransientFailures.HTTP -> NetworkTable.findHttp(failure).isTransient
        TransientFailures.SQL -> SqlTable.isTransient(failure)
        TransientFailures.NETWORK -> NetworkTable.find(failure).isTransient
        TransientFailures.GRPC -> GrpcTable.isTransient(failure)
    }

private val NetworkFailure?.isTransient: Boolean get() = this != null && this != NetworkFailure.FINAL

/** Which statuses of gRPC are transient. Its exceptions begin their message with the name of the status. */
internal object GrpcTable {
    val types: Set<String> = setOf("io.grpc.StatusRuntimeException", "io.grpc.StatusException")
    val statuses: Set<String> = setOf("UNAVAILABLE", "ABORTED")

    fun isTransient(failure: Throwable): Boolean =
        failure.chain().any { one ->
            one.typeNames().any { it in types } && one.message?.substringBefore(':') in statuses
        }
}
