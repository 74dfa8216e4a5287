@file:JvmName("FlowCalls")

package dev.reprise.interop.internal

import dev.reprise.Retry
import dev.reprise.retry
import dev.reprise.run.ForeignCode
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import java.util.concurrent.Callable
import java.util.function.Function
import kotlin.coroutines.cancellation.CancellationException

// Calls of methods that return a Kotlin `Flow`: each attempt calls the method again and collects what it returns.

internal fun retry(
    retry: Retry,
    call: Callable<Any?>,
    recover: Function<Throwable, Any?>?,
): Flow<Any?> {
    val retried = flow { emitAll(call.call().asFlow()) }.retry(retry)
    if (recover == null) return retried
    return retried.catch { failure ->
        if (failure is CancellationException) throw failure
        emitAll(recover.apply(failure).asFlow())
    }
}

@Suppress("UNCHECKED_CAST")
private fun Any?.asFlow(): Flow<Any?> = ForeignCode.returned(this as? Flow<Any?>, "the method", "Flow")
