package dev.reprise.interop.internal

import dev.reprise.Retry
import dev.reprise.interop.function.AttemptCallable
import dev.reprise.run.Attempt
import dev.reprise.run.RetryOutcome
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor

/** Runs of Java bodies: Java cannot express a receiver or a default argument. */
internal object Runs {
    @JvmStatic
    fun <T> call(
        retry: Retry,
        body: AttemptCallable<T, *>,
    ): T = retry.callBlocking { body.call(this) }

    @JvmStatic
    fun <T> outcome(
        retry: Retry,
        body: AttemptCallable<T, *>,
    ): RetryOutcome<T> = retry.outcomeBlocking { body.call(this) }

    @JvmStatic
    fun <T> callAsync(
        retry: Retry,
        executor: Executor?,
        body: AttemptCallable<out CompletionStage<T>?, *>,
    ): CompletableFuture<T> = body.stage().let { if (executor == null) retry.callAsync(body = it) else retry.callAsync(executor, it) }

    @JvmStatic
    fun <T> outcomeAsync(
        retry: Retry,
        executor: Executor?,
        body: AttemptCallable<out CompletionStage<T>?, *>,
    ): CompletableFuture<RetryOutcome<T>> =
        body.stage().let { if (executor == null) retry.outcomeAsync(body = it) else retry.outcomeAsync(executor, it) }

    /** The core reports a body that returns null instead of a stage. */
    private fun <T> AttemptCallable<out CompletionStage<T>?, *>.stage(): Attempt.() -> CompletionStage<T> {
        val call: Attempt.() -> CompletionStage<T>? = { call(this) }

        @Suppress("UNCHECKED_CAST")
        return call as Attempt.() -> CompletionStage<T>
    }

    @JvmStatic
    fun <T> supplyAsync(
        retry: Retry,
        executor: Executor?,
        body: AttemptCallable<T, *>,
    ): CompletableFuture<T> =
        if (executor ==
            null
        ) {
            retry.supplyAsync { body.call(this) }
        } else {
            retry.supplyAsync(executor) { body.call(this) }
        }
}
