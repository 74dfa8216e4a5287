package dev.reprise.interop

import dev.reprise.Retry
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
    fun retry(
        retry: Retry,
        method: Method,
        target: Any,
        arguments: Array<Any?>,
    ): Any? {
        val run: suspend () -> Any? = { retry.invoke { call(method, target, arguments) } }
        return arguments.caller().start { run.startCoroutineUninterceptedOrReturn(it) }
    }

    /** Makes one call, with the continuation of the caller itself. */
    @JvmStatic
    fun pass(
        method: Method,
        target: Any,
        arguments: Array<Any?>,
    ): Any? = arguments.caller().start { MethodCall.invoke(method, target, arguments) }

    @Suppress("UNCHECKED_CAST")
    private fun Array<Any?>.caller() = last() as Continuation<Any?>

    /**
     * A suspend method declares nothing, so a proxy would wrap what is checked. A continuation may be resumed with anything, but only
     * after the call has returned.
     */
    private inline fun Continuation<Any?>.start(call: (Continuation<Any?>) -> Any?): Any? =
        try {
            call(this)
        } catch (e: RuntimeException) {
            throw e
        } catch (e: Exception) {
            failLater(e)
            COROUTINE_SUSPENDED
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
