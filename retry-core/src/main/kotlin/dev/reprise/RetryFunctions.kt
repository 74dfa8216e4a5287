package dev.reprise

import dev.reprise.run.Attempt
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.async

/**
 * Builds an immutable, reusable [Retry]:
 *
 * ```
 * val reconnect = retry { every(60.seconds); on<ConnectException>(); stopWhen(shutdown) }
 * val socket = reconnect { connect(host) }
 * ```
 *
 * The block holds settings only and ends with one. To run code, call the retry, or `retry(policy) { … }`: a block that ends with the call of
 * a body does not compile.
 *
 * @throws IllegalArgumentException if nothing limits its runs, or two settings contradict each other; the message says how to fix it.
 */
public fun retry(settings: RetryBuilder.() -> RetryBuilder): Retry = RetryBuilder().settings().build()

/** Builds a policy alone. It needs a limit: `maxAttempts`, `maxRetries`, `maxDuration`, `delays` or `forever()`. */
@JvmSynthetic
public fun retryPolicy(settings: RetryPolicyBuilder.() -> RetryPolicyBuilder): RetryPolicy = RetryPolicyBuilder().settings().build()

/** Runs [body] with [retry]: `retry(reconnect) { connect(host) }` is `reconnect { connect(host) }`. */
public suspend inline fun <T> retry(
    retry: Retry,
    crossinline body: suspend Attempt.() -> T,
): T = retry.invoke(body)

/** Runs [body] with [policy], without listeners, stop signals or budgets. */
public suspend inline fun <T> retry(
    policy: RetryPolicy,
    crossinline body: suspend Attempt.() -> T,
): T = policy.toRetry().invoke(body)

/** Runs [body] with [retry] in a new coroutine of this scope and returns a handle to its result. Cancelling the handle cancels the run. */
public fun <T> CoroutineScope.retryAsync(
    retry: Retry,
    body: suspend Attempt.() -> T,
): Deferred<T> = async { retry.invoke { body() } }

/** Returns [function] with retries: `val connect = reconnect.decorate(::openSocket)`. */
public fun <R> Retry.decorate(function: suspend () -> R): suspend () -> R = { invoke { function() } }

/** Returns [function] with retries. */
public fun <A, R> Retry.decorate(function: suspend (A) -> R): suspend (A) -> R = { a -> invoke { function(a) } }

/** Returns [function] with retries. */
public fun <A, B, R> Retry.decorate(function: suspend (A, B) -> R): suspend (A, B) -> R = { a, b -> invoke { function(a, b) } }
