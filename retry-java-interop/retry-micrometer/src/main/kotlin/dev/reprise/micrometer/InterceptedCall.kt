package dev.reprise.micrometer

import dev.reprise.policy.RepriseSpi
import dev.reprise.run.ForeignCode
import io.micrometer.observation.Observation
import kotlinx.coroutines.flow.Flow
import java.util.concurrent.CompletionStage
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.Continuation
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn

/** Makes an attempt at a call that a framework intercepts. */
@RepriseSpi
public fun interface InterceptedAttempt {
    /** Calls the method; a suspend function has its continuation as the last of its [arguments]. */
    @Throws(Throwable::class)
    public fun make(arguments: Array<Any?>): Any?
}

/** Makes a call with retries. */
@RepriseSpi
public fun interface InterceptedRun {
    /** Calls [attempt] as often as it takes. */
    @Throws(Throwable::class)
    public fun make(
        arguments: Array<Any?>,
        attempt: InterceptedAttempt,
    ): Any?
}

/**
 * A call by the policy [name], with `reprise.run` around its [run] and `reprise.attempt` around each [attempt] after the first. The method returns a
 * [result], or is a suspend function, whose last argument is a continuation.
 */
@OptIn(RepriseSpi::class)
internal class InterceptedCall(
    private val name: String?,
    private val result: Class<*>,
    private val observed: ObservedRuns,
    private val attempt: InterceptedAttempt,
    private val run: InterceptedRun,
) {
    private val isFlow get() = Flow::class.java.isAssignableFrom(result)
    private val isStage get() = CompletionStage::class.java.isAssignableFrom(result)

    fun make(arguments: Array<Any?>): Any? {
        if (isFlow) return observedFlow({ observed.run(name) }) { flowOf(run.make(arguments, Attempts(it))) }
        val observation = observed.run(name)
        val attempts = Attempts(observation)
        return when {
            arguments.isSuspending -> suspending(observation, arguments) { run.make(it, attempts) }
            isStage -> observation.observe(arguments, attempts)
            else -> observation.here { run.make(arguments, attempts) }
        }
    }

    /** The caller gets the future of the run itself. */
    private fun Observation.observe(
        arguments: Array<Any?>,
        attempts: Attempts,
    ): CompletionStage<Any?> {
        lateinit var future: CompletionStage<Any?>
        staged { stageOf(run.make(arguments, attempts)).also { future = it } }
        return future
    }

    /** The attempts of one run, which are made one after another, on whatever threads. */
    private inner class Attempts(
        private val run: Observation,
    ) : InterceptedAttempt {
        private val count = AtomicInteger()

        override fun make(arguments: Array<Any?>): Any? {
            val number = count.incrementAndGet()
            if (number == 1) return attempt.make(arguments)
            val observation = observed.attempt(name, number).parentObservation(run)
            return when {
                isFlow -> observedFlow({ observation }) { flowOf(attempt.make(arguments)) }
                arguments.isSuspending -> suspending(observation, arguments, attempt::make)
                isStage -> observation.staged { stageOf(attempt.make(arguments)) }
                else -> observation.here { attempt.make(arguments) }
            }
        }
    }

    private fun suspending(
        observation: Observation,
        arguments: Array<Any?>,
        call: (Array<Any?>) -> Any?,
    ): Any? {
        val body: suspend () -> Any? = {
            observation.around {
                suspendCoroutineUninterceptedOrReturn { own -> call(arguments.copyOf().also { it[it.lastIndex] = own }) }
            }
        }
        @Suppress("UNCHECKED_CAST")
        return body.startCoroutineUninterceptedOrReturn(arguments.last() as Continuation<Any?>)
    }

    private val Array<Any?>.isSuspending get() = lastOrNull() is Continuation<*>

    @Suppress("UNCHECKED_CAST")
    private fun flowOf(returned: Any?) = ForeignCode.returned(returned as? Flow<Any?>, "the method", "Flow")

    @Suppress("UNCHECKED_CAST")
    private fun stageOf(returned: Any?) = ForeignCode.returned(returned as? CompletionStage<Any?>, "the method", "CompletionStage")
}
