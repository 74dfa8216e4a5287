package dev.reprise.interop.internal

import dev.reprise.run.ForeignCode
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.function.Function

/** The future of a run with a substitute for its failure. Cancelling it cancels the run. */
internal class RecoveringFuture private constructor(
    private val run: CompletableFuture<Any?>,
) : CompletableFuture<Any?>() {
    override fun cancel(mayInterruptIfRunning: Boolean): Boolean =
        super.cancel(mayInterruptIfRunning).also { run.cancel(mayInterruptIfRunning) }

    override fun <U> newIncompleteFuture(): CompletableFuture<U> = CompletableFuture()

    companion object {
        /** [recover] returns a stage, or throws. A run that was cancelled is not recovered. */
        @JvmStatic
        fun of(
            run: CompletableFuture<Any?>,
            recover: Function<Throwable, Any?>,
        ): CompletableFuture<Any?> {
            val result = RecoveringFuture(run)
            run.whenComplete { value, failure ->
                if (failure == null || run.isCancelled) result.end(value, failure) else result.endWith { recover.apply(failure) }
            }
            return result
        }
    }

    private fun end(
        value: Any?,
        failure: Throwable?,
    ) {
        when (failure) {
            null -> complete(value)
            is CancellationException -> super.cancel(false)
            else -> completeExceptionally(failure)
        }
    }

    private fun endWith(recovery: () -> Any?) {
        try {
            val stage = ForeignCode.returned(recovery() as CompletionStage<*>?, "the recover method", "CompletionStage")
            stage.whenComplete { value, failure -> end(value, failure) }
        } catch (e: Throwable) {
            completeExceptionally(e)
        }
    }
}
