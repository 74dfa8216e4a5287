package dev.reprise.interop.internal

import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.CompletionException
import java.util.concurrent.CompletionStage
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.cancellation.CancellationException
import kotlin.coroutines.resume

/**
 * Where the Java code of tasks runs: an element of the context of a run, so that a workflow that was built in Java also runs on a Kotlin
 * engine.
 */
internal class TaskThreads(
    val dispatcher: CoroutineDispatcher,
) : AbstractCoroutineContextElement(TaskThreads) {
    companion object Key : CoroutineContext.Key<TaskThreads> {
        val usual by lazy { RetryTimer.workers.asCoroutineDispatcher() }
    }
}

/**
 * Calls code that can block. It is interrupted when its run is cancelled, and the run waits for it to end.
 *
 * The end of the code is returned as a value: a coroutine could copy a failure, and an interruption that the code
 * threw itself would look like one of the run.
 */
internal suspend fun <T> blocking(code: () -> T): T {
    val threads = currentCoroutineContext()[TaskThreads]?.dispatcher ?: TaskThreads.usual
    return runInterruptible(threads) { runCatching(code) }.getOrThrow()
}

/** Waits for the stage that [start] returns; it is cancelled with its run, also if that happens before the wait. */
internal suspend fun <R> stage(
    name: String,
    start: () -> CompletionStage<R>?,
): R {
    var stage: CompletionStage<R>? = null
    try {
        blocking { stage = start() }
        return (stage ?: throw NullPointerException("$name returned null; the body must return a CompletionStage")).result()
    } catch (e: CancellationException) {
        stage?.toCompletableFuture()?.cancel(true)
        throw e
    }
}

private suspend fun <T> CompletionStage<T>.result(): T =
    suspendCancellableCoroutine<Result<T>> { waiting ->
        waiting.invokeOnCancellation { toCompletableFuture().cancel(true) }
        whenComplete { value, failure ->
            waiting.resume(if (failure == null) Result.success(value) else Result.failure(failure.unwrapped()))
        }
    }.getOrThrow()

private fun Throwable.unwrapped() = if (this is CompletionException) cause ?: this else this
