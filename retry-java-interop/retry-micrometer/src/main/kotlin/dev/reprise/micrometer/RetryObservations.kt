package dev.reprise.micrometer

import dev.reprise.Retry
import dev.reprise.policy.RepriseSpi
import dev.reprise.run.Attempt
import dev.reprise.run.ForeignCode
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import io.micrometer.observation.Observation
import io.micrometer.observation.ObservationConvention
import io.micrometer.observation.ObservationRegistry
import kotlinx.coroutines.ThreadContextElement
import kotlinx.coroutines.withContext
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext

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
        private val runConvention: ObservationConvention<RunObservationContext>? = null,
        private val attemptConvention: ObservationConvention<AttemptObservationContext>? = null,
    ) : RetryListener {
        private val policies = TagValues("policy")

        /** Runs [body] by [retry], in a suspend function. */
        @JvmSynthetic
        public suspend fun <T> run(
            retry: Retry,
            body: suspend Attempt.() -> T,
        ): T = around(runOf(retry)) { retry { if (number == 1) body() else around(attemptOf(retry, this)) { body() } } }

        /** Runs [body] by [retry], on the calling thread. */
        public fun <T> callBlocking(
            retry: Retry,
            body: Attempt.() -> T,
        ): T = here(runOf(retry)) { retry.callBlocking { if (number == 1) body() else here(attemptOf(retry, this)) { body() } } }

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
                        if (number == 1) body() else staged(attemptOf(retry, this).parentObservation(run), body)
                    }
                }
            future.whenComplete { _, failure -> run.end(failure) }
            return future
        }

        private fun <T> Attempt.staged(
            observation: Observation,
            body: Attempt.() -> CompletionStage<T>,
        ): CompletionStage<T> {
            observation.start()
            val stage =
                try {
                    observation.openScope().use { body() }
                } catch (e: Throwable) {
                    observation.end(e)
                    throw e
                }
            return stage.whenComplete { _, failure -> observation.end(failure) }
        }

        @OptIn(RepriseSpi::class)
        private fun Observation.end(failure: Throwable?) {
            if (failure != null) error(ForeignCode.failureOf(failure))
            stop()
        }

        /** Adds `retry.scheduled` to the current observation. */
        override fun onEvent(event: RetryEvent) {
            val delay = (event as? RetryEvent.AttemptFailed)?.nextDelay ?: return
            registry.currentObservation?.event(Observation.Event.of("retry.scheduled", "retry scheduled in $delay"))
        }

        private fun runOf(retry: Retry): Observation {
            val context = { RunObservationContext(policyOf(retry)) }
            return Observation.createNotStarted(runConvention, RunConvention, context, registry)
        }

        private fun attemptOf(
            retry: Retry,
            attempt: Attempt,
        ): Observation {
            val context = { AttemptObservationContext(policyOf(retry), attempt.number) }
            return Observation.createNotStarted(attemptConvention, AttemptConvention, context, registry)
        }

        private fun policyOf(retry: Retry) = policies.of(retry.name)

        private suspend fun <T> around(
            observation: Observation,
            body: suspend () -> T,
        ): T {
            observation.start()
            try {
                return withContext(Current(observation)) { body() }
            } catch (e: Throwable) {
                observation.error(e)
                throw e
            } finally {
                observation.stop()
            }
        }

        private inline fun <T> here(
            observation: Observation,
            body: () -> T,
        ): T {
            observation.start()
            try {
                return observation.openScope().use { body() }
            } catch (e: Throwable) {
                observation.error(e)
                throw e
            } finally {
                observation.stop()
            }
        }

        /** Makes [observation] the current one on whatever thread the coroutine runs. */
        private class Current(
            private val observation: Observation,
        ) : AbstractCoroutineContextElement(Key),
            ThreadContextElement<Observation.Scope> {
            override fun updateThreadContext(context: CoroutineContext): Observation.Scope = observation.openScope()

            override fun restoreThreadContext(
                context: CoroutineContext,
                oldState: Observation.Scope,
            ) = oldState.close()
        }

        private object Key : CoroutineContext.Key<Current>
    }
