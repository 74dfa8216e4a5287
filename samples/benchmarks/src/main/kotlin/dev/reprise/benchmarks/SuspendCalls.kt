package dev.reprise.benchmarks

import arrow.resilience.retry
import io.github.resilience4j.kotlin.retry.executeSuspendFunction
import kotlinx.coroutines.Job
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.intrinsics.COROUTINE_SUSPENDED
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn

/**
 * Calls of a [remote] from inside a coroutine: each function enters one and calls [CALLS] times, so the entrance is not what is measured.
 * The coroutine has a job, as real ones have.
 */
class SuspendCalls(
    private val remote: Remote,
) {
    /** No library: the call, or what one would write by hand for a second try. */
    fun bare(): Any? =
        entering {
            try {
                remote.asking()
            } catch (_: Exception) {
                remote.asking()
            }
        }

    fun reprise(): Any? = entering { Contenders.REPRISE { remote.asking() } }

    fun resilience4j(): Any? = entering { Contenders.RESILIENCE4J.executeSuspendFunction { remote.asking() } }

    fun arrow(): Any? = entering { Contenders.ARROW.retry { remote.asking() } }

    fun kotlinRetry(): Any? =
        entering {
            com.github.michaelbull.retry
                .retry(Contenders.KOTLIN_RETRY) { remote.asking() }
        }

    private inline fun entering(crossinline call: suspend () -> Any): Any? {
        val calls: suspend () -> Any? = {
            var answer: Any? = null
            repeat(CALLS) { answer = call() }
            answer
        }
        val answer = calls.startCoroutineUninterceptedOrReturn(Caller)
        check(answer !== COROUTINE_SUSPENDED) { "a call without a wait has suspended" }
        return answer
    }

    companion object {
        const val CALLS = 1000
    }
}

private object Caller : Continuation<Any?> {
    override val context: CoroutineContext = Job()

    override fun resumeWith(result: Result<Any?>) = error("never suspended, never resumed")
}
