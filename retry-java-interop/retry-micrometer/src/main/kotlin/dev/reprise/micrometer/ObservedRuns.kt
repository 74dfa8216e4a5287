package dev.reprise.micrometer

import dev.reprise.policy.RepriseSpi
import dev.reprise.run.ForeignCode
import io.micrometer.observation.Observation
import io.micrometer.observation.ObservationConvention
import io.micrometer.observation.ObservationRegistry
import kotlinx.coroutines.ThreadContextElement
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withContext
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.cancellation.CancellationException

/** The observations of runs and of their attempts, not started. */
internal class ObservedRuns(
    private val registry: ObservationRegistry,
    private val runConvention: ObservationConvention<RunObservationContext>?,
    private val attemptConvention: ObservationConvention<AttemptObservationContext>?,
) {
    private val policies = TagValues("policy")

    fun run(policy: String?): Observation =
        Observation.createNotStarted(runConvention, RunConvention, { RunObservationContext(policies.of(policy)) }, registry)

    fun attempt(
        policy: String?,
        number: Int,
    ): Observation =
        Observation.createNotStarted(
            attemptConvention,
            AttemptConvention,
            { AttemptObservationContext(policies.of(policy), number) },
            registry,
        )
}

/** Observes [body], which runs on this thread. */
internal inline fun <T> Observation.here(body: () -> T): T {
    start()
    try {
        return openScope().use { body() }
    } catch (e: Throwable) {
        error(e)
        throw e
    } finally {
        stop()
    }
}

/** Observes [body], which suspends. */
internal suspend fun <T> Observation.around(body: suspend () -> T): T {
    start()
    try {
        // A value: where coroutines are debugged, an exception is copied when it leaves a context.
        return withContext(Current(this)) { runCatching { body() } }.getOrThrow()
    } catch (e: Throwable) {
        error(e)
        throw e
    } finally {
        stop()
    }
}

/** Observes what [body] returns, until it completes. Cancelling the result cancels that. */
internal fun <T> Observation.staged(body: () -> CompletionStage<T>): CompletionStage<T> {
    start()
    val stage =
        try {
            openScope().use { body() }
        } catch (e: Throwable) {
            end(e)
            throw e
        }
    val observed = Observed(stage)
    stage.whenComplete { value, failure ->
        end(failure)
        if (failure == null) observed.complete(value) else observed.completeExceptionally(failure)
    }
    return observed
}

private class Observed<T>(
    private val stage: CompletionStage<T>,
) : CompletableFuture<T>() {
    override fun cancel(mayInterruptIfRunning: Boolean): Boolean =
        super.cancel(mayInterruptIfRunning).also { stage.toCompletableFuture().cancel(mayInterruptIfRunning) }
}

@OptIn(RepriseSpi::class)
internal fun Observation.end(failure: Throwable?) {
    if (failure != null) error(ForeignCode.failureOf(failure))
    stop()
}

/**
 * A flow that starts an observation with each collection, and observes the flow that [body] returns for it. The observation is current for [body] only:
 * what a flow adds to its context is still there when its collector continues.
 */
internal fun observedFlow(
    create: () -> Observation,
    body: (Observation) -> Flow<Any?>,
): Flow<Any?> =
    flow {
        val observation = create().start()
        try {
            emitAll(observation.openScope().use { body(observation) })
        } catch (e: Throwable) {
            // A collector that has enough cancels the flow.
            if (e !is CancellationException) observation.error(e)
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

    private object Key : CoroutineContext.Key<Current>
}
