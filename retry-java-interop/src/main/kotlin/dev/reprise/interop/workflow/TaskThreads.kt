package dev.reprise.interop.workflow

import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.CompletionException
import java.util.concurrent.CompletionStage
import java.util.concurrent.RejectedExecutionException
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.resume

/** Where the Java code of tasks runs: part of the context of a run, so that a workflow that was made in Java can be run from Kotlin too. */
internal class TaskThreads(
    val dispatcher: CoroutineDispatcher,
) : AbstractCoroutineContextElement(TaskThreads) {
    companion object Key : CoroutineContext.Key<TaskThreads> {
        val usual by lazy { RetryTimer.workers.asCoroutineDispatcher() }
    }
}

/**
 * Calls code that may block. It is interrupted when its run is cancelled, and the run waits for it to end.
 *
 * How the code ended comes back as a value: a failure on its way through a coroutine may be copied, and an interruption of the code's own
 * would pass for one of the run.
 */
internal suspend fun <T> blocking(code: () -> T): T {
    val threads = currentCoroutineContext()[TaskThreads]?.dispatcher ?: TaskThreads.usual
    val result =
        try {
            runInterruptible(threads) { runCatching(code) }
        } catch (e: CancellationException) {
            currentCoroutineContext().ensureActive()
            throw e.rejection() ?: e
        }
    return result.getOrThrow()
}

/** Waits for the stage; it is cancelled with its run. */
internal suspend fun <T> CompletionStage<T>.result(): T =
    suspendCancellableCoroutine<Result<T>> { waiting ->
        waiting.invokeOnCancellation { toCompletableFuture().cancel(true) }
        whenComplete { value, failure ->
            waiting.resume(if (failure == null) Result.success(value) else Result.failure(failure.unwrapped()))
        }
    }.getOrThrow()

private fun Throwable.unwrapped() = if (this is CompletionException) cause ?: this else this

/** An executor that takes no more work cancels the coroutine that it should have run. */
internal fun Throwable.rejection(): RejectedExecutionException? =
    if (this is CancellationException) {
        generateSequence(
            cause,
        ) { it.cause }.firstNotNullOfOrNull { it as? RejectedExecutionException }
    } else {
        null
    }
