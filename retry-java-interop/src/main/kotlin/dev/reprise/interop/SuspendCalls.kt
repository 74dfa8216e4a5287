package dev.reprise.interop

import dev.reprise.engine.Retry
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import java.lang.reflect.Method
import kotlin.coroutines.Continuation
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.intrinsics.COROUTINE_SUSPENDED
import kotlin.coroutines.intrinsics.intercepted
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn
import kotlin.coroutines.resumeWithException

/** Calls of suspend methods as the JVM sees them: the last argument is the continuation of the caller. */
internal object SuspendCalls {
    @JvmStatic
    fun make(
        retry: Retry,
        method: Method,
        target: Any,
        arguments: Array<Any?>,
    ): Any? {
        @Suppress("UNCHECKED_CAST")
        val caller = arguments.last() as Continuation<Any?>
        val run: suspend () -> Any? = { retry.invoke { call(method, target, arguments) } }
        return try {
            run.startCoroutineUninterceptedOrReturn(caller)
        } catch (e: RuntimeException) {
            throw e
        } catch (e: Exception) {
            // A suspend method declares nothing, so a proxy would wrap what is checked. A continuation may be resumed with anything, but
            // only after this call has returned.
            caller.failLater(e)
            COROUTINE_SUSPENDED
        }
    }

    /** Each attempt goes on with a continuation of its own. */
    private suspend fun call(
        method: Method,
        target: Any,
        arguments: Array<Any?>,
    ): Any? =
        suspendCoroutineUninterceptedOrReturn { attempt ->
            MethodCall.invoke(method, target, arguments.copyOf().also { it[it.lastIndex] = attempt })
        }

    private fun Continuation<*>.failLater(failure: Throwable) {
        val own = context[ContinuationInterceptor] as? CoroutineDispatcher
        if (own != null && own.isDispatchNeeded(context)) {
            own.dispatch(context) { resumeWithException(failure) }
        } else {
            Dispatchers.Default.dispatch(EmptyCoroutineContext) { intercepted().resumeWithException(failure) }
        }
    }
}
