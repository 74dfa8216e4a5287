package dev.reprise.micrometer

import dev.reprise.Retry
import dev.reprise.policy.RepriseSpi
import dev.reprise.run.Attempt
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import io.micrometer.observation.Observation
import io.micrometer.observation.ObservationConvention
import io.micrometer.observation.ObservationRegistry
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage

/**
 * Observations, and so spans, of retries: `reprise.run` around a run, `reprise.attempt` around each attempt after the first. As a listener of
 * a retry it adds the event `retry.scheduled`, with the delay, to the current observation.
 *
 * ```
 * val observations = RetryObservations(registry)
 * val prices = retry { name("prices"); listener(observations) }
 * observations.run(prices) { client.prices() }
 * ```
 *
 * The key `policy` of both is the name of the retry, or `none`, and `other` for those beyond 100; `attempt` of the second is its 1-based number.
 * Other names and keys: pass a convention, or register a global one for [RunObservationContext] or [AttemptObservationContext].
 */
public class RetryObservations
    @JvmOverloads
    constructor(
        private val registry: ObservationRegistry,
        runConvention: ObservationConvention<RunObservationContext>? = null,
        attemptConvention: ObservationConvention<AttemptObservationContext>? = null,
    ) : RetryListener {
        private val observed = ObservedRuns(registry, runConvention, attemptConvention)

        /** Runs [body] by [retry], in a suspend function. */
        @JvmSynthetic
        public suspend fun <T> run(
            retry: Retry,
            body: suspend Attempt.() -> T,
        ): T = runOf(retry).around { retry { if (number == 1) body() else attemptOf(retry, this).around { body() } } }

        /** Runs [body] by [retry], on the calling thread. */
        public fun <T> callBlocking(
            retry: Retry,
            body: Attempt.() -> T,
        ): T = runOf(retry).here { retry.callBlocking { if (number == 1) body() else attemptOf(retry, this).here { body() } } }

        /** Runs [body] by [retry], as [Retry.callAsync] does. The observation of an attempt ends when its stage completes. */
        public fun <T> callAsync(
            retry: Retry,
            body: Attempt.() -> CompletionStage<T>,
        ): CompletableFuture<T> {
            val run = runOf(retry).start()
            val future =
                run.openScope().use {
                    retry.callAsync {
                        // The run is the current observation of this thread.
                        if (number == 1) body() else attemptOf(retry, this).parentObservation(run).staged { body() }
                    }
                }
            future.whenComplete { _, failure -> run.end(failure) }
            return future
        }

        /**
         * Makes a call that a framework intercepts and retries by a policy of this [name], as one of `@RetryWith`, with the same observations. It blocks,
         * is a suspend function, whose continuation is the last of its [arguments], or returns a `CompletionStage` or a `Flow`, as [result] says. Those of a
         * flow are not current while it is collected.
         */
        @OptIn(RepriseSpi::class)
        @Throws(Throwable::class)
        public fun intercept(
            name: String?,
            result: Class<*>,
            arguments: Array<Any?>,
            attempt: InterceptedAttempt,
            run: InterceptedRun,
        ): Any? =
            if (registry.isNoop) run.make(arguments, attempt) else InterceptedCall(name, result, observed, attempt, run).make(arguments)

        /** Adds `retry.scheduled` to the current observation. */
        override fun onEvent(event: RetryEvent) {
            val delay = (event as? RetryEvent.AttemptFailed)?.nextDelay ?: return
            registry.currentObservation?.event(Observation.Event.of("retry.scheduled", "retry scheduled in $delay"))
        }

        private fun runOf(retry: Retry) = observed.run(retry.name)

        private fun attemptOf(
            retry: Retry,
            attempt: Attempt,
        ) = observed.attempt(retry.name, attempt.number)
    }
