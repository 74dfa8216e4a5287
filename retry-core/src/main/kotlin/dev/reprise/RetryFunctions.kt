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
 * @throws IllegalArgumentException if nothing ends it, or two settings contradict each other; the message says which call mends it.
 */
public fun retry(block: RetryBuilder.() -> Unit): Retry = RetryBuilder().apply(block).build()

/** Builds the pure part alone. It has to have an end of its own: `maxAttempts`, `maxRetries`, `within`, `delays` or `forever()`. */
public fun retryPolicy(block: RetryPolicyBuilder.() -> Unit): RetryPolicy = RetryPolicyBuilder().apply(block).buildPolicy()

/** Runs [body] under [retry]: `retry(reconnect) { connect(host) }` is `reconnect { connect(host) }`. */
public suspend inline fun <T> retry(
    retry: Retry,
    crossinline body: suspend Attempt.() -> T,
): T = retry.invoke(body)

/** Runs [body] under [policy] alone: `retry(policy) { connect(host) }` is `policy.toRetry().invoke { connect(host) }`. */
public suspend inline fun <T> retry(
    policy: RetryPolicy,
    crossinline body: suspend Attempt.() -> T,
): T = policy.toRetry().invoke(body)

/** Runs [body] under [retry] in a new coroutine of this scope and returns its result to come. Cancelling the answer cancels the run. */
public fun <T> CoroutineScope.retryAsync(
    retry: Retry,
    body: suspend Attempt.() -> T,
): Deferred<T> = async { retry.invoke { body() } }

/** [function] with retries: `val connect = reconnect.retryable(::openSocket)`. */
public fun <R> Retry.retryable(function: suspend () -> R): suspend () -> R = { invoke { function() } }

/** [function] with retries. */
public fun <A, R> Retry.retryable(function: suspend (A) -> R): suspend (A) -> R = { a -> invoke { function(a) } }

/** [function] with retries. */
public fun <A, B, R> Retry.retryable(function: suspend (A, B) -> R): suspend (A, B) -> R = { a, b -> invoke { function(a, b) } }
