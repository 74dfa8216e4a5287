@file:JvmName("Runs")

package dev.reprise.interop.internal

import dev.reprise.Retry
import dev.reprise.interop.function.AttemptCallable
import dev.reprise.interop.function.ThrowingCallable
import dev.reprise.run.Attempt
import dev.reprise.run.RetryOutcome
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor

// Runs of Java bodies: Java cannot express a receiver or a default argument. What runs most often has a form without the attempt, so that a
// body is wrapped once.

internal fun <T> call(
    retry: Retry,
    body: ThrowingCallable<T, *>,
): T = retry.callBlocking { body.call() }

internal fun <T> call(
    retry: Retry,
    body: AttemptCallable<T, *>,
): T = retry.callBlocking { body.call(this) }

internal fun <T> outcome(
    retry: Retry,
    body: AttemptCallable<T, *>,
): RetryOutcome<T> = retry.outcomeBlocking { body.call(this) }

internal fun <T> callAsync(
    retry: Retry,
    executor: Executor?,
    body: ThrowingCallable<out CompletionStage<T>?, *>,
): CompletableFuture<T> = retry.callAsync(executor) { body.call().orReported() }

internal fun <T> callAsync(
    retry: Retry,
    executor: Executor?,
    body: AttemptCallable<out CompletionStage<T>?, *>,
): CompletableFuture<T> = retry.callAsync(executor) { body.call(this).orReported() }

private fun <T> Retry.callAsync(
    executor: Executor?,
    body: Attempt.() -> CompletionStage<T>,
): CompletableFuture<T> = if (executor == null) callAsync(body = body) else callAsync(executor, body)

internal fun <T> outcomeAsync(
    retry: Retry,
    executor: Executor?,
    body: AttemptCallable<out CompletionStage<T>?, *>,
): CompletableFuture<RetryOutcome<T>> =
    if (executor == null) {
        retry.outcomeAsync { body.call(this).orReported() }
    } else {
        retry.outcomeAsync(executor) { body.call(this).orReported() }
    }

/** The core reports a body that returns null instead of a stage. */
@Suppress("UNCHECKED_CAST")
private fun <S> S?.orReported(): S = this as S

internal fun <T> supplyAsync(
    retry: Retry,
    executor: Executor?,
    body: AttemptCallable<T, *>,
): CompletableFuture<T> = if (executor == null) retry.supplyAsync { body.call(this) } else retry.supplyAsync(executor) { body.call(this) }
