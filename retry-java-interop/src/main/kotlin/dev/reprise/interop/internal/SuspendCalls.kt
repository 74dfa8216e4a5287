package dev.reprise.interop.internal

import dev.reprise.Retry
import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CoroutineDispatcher
import java.util.function.BiFunction
import java.util.function.Function
import kotlin.coroutines.Continuation
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.cancellation.CancellationException
import kotlin.coroutines.intrinsics.COROUTINE_SUSPENDED
import kotlin.coroutines.intrinsics.intercepted
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn
import kotlin.coroutines.resumeWithException

/** Calls of suspend methods as the JVM sees them: the last argument is the continuation of the caller. */
internal object SuspendCalls {
    /** Runs [method], a function of the arguments, with retries; what [recover] returns for the failure of the run replaces it. */
    @JvmStatic
    fun retry(
        retry: Retry,
        arguments: Array<Any?>,
        method: Function<Array<Any?>, Any?>,
        recover: BiFunction<Throwable, Array<Any?>, Any?>?,
    ): Any? {
        val run: suspend () -> Any? = {
            try {
                retry.invoke { call(method, arguments) }
            } catch (e: CancellationException) {
                throw e
            } catch (e: Throwable) {
                if (recover == null) throw e
                call({ recover.apply(e, it) }, arguments)
            }
        }
        return arguments.caller().start { run.startCoroutineUninterceptedOrReturn(it) }
    }

    /** Makes one call, with the caller's own continuation. */
    @JvmStatic
    fun pass(
        arguments: Array<Any?>,
        method: Function<Array<Any?>, Any?>,
    ): Any? = arguments.caller().start { method.apply(arguments) }

    @Suppress("UNCHECKED_CAST")
    private fun Array<Any?>.caller() = last() as Continuation<Any?>

    /**
     * A suspend method declares no exceptions, so a proxy would wrap a checked one. A continuation can be resumed with any exception, but only
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

    /** Each attempt has its own continuation. */
    private suspend fun call(
        method: Function<Array<Any?>, Any?>,
        arguments: Array<Any?>,
    ): Any? =
        suspendCoroutineUninterceptedOrReturn { attempt ->
            method.apply(arguments.copyOf().also { it[it.lastIndex] = attempt })
        }

    private fun Continuation<*>.failLater(failure: Throwable) {
        val own = context[ContinuationInterceptor] as? CoroutineDispatcher
        if (own != null && own.isDispatchNeeded(context)) {
            own.dispatch(context) { resumeWithException(failure) }
        } else {
            RetryTimer.workers.execute { intercepted().resumeWithException(failure) }
        }
    }
}
