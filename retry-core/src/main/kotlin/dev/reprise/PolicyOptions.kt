package dev.reprise

import dev.reprise.internal.policy.PolicyParser
import dev.reprise.internal.policy.PolicySpec
import dev.reprise.policy.RepriseSpi
import dev.reprise.policy.Rethrow
import java.util.function.Function
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * The settings of a [RetryPolicy], which answer three questions: *which* failures ([RuleOptions]), *how long* to wait ([ScheduleOptions],
 * [initialDelay], [retryAfter], [retryAfterResult]), *when to give up* ([maxAttempts], [maxRetries], [maxDuration], [maxRetryAfter],
 * [forever]).
 */
@SubclassOptInRequired(RepriseSpi::class)
@OptIn(RepriseSpi::class)
public abstract class PolicyOptions<B : PolicyOptions<B>> internal constructor(
    spec: PolicySpec,
) : RuleOptions<B>(spec) {
    /**
     * Waits [delay] before the first attempt. It counts towards [maxDuration]. Default: zero.
     *
     * @throws IllegalArgumentException if [delay] is negative, or was set before.
     */
    @JvmSynthetic
    public fun initialDelay(delay: Duration): B = set { spec.initialDelay(delay) }

    /** Waits [delay] before the first attempt. It counts towards [maxDuration]. Default: zero. */
    public fun initialDelay(delay: JavaDuration): B = initialDelay(delay.toKotlinDuration())

    /**
     * Reads from a failure the delay that the remote service asks for, such as the `Retry-After` of a response; null if it asks for none.
     *
     * The larger of this and the computed delay applies. The `max` of the schedule does not limit it, and it has no jitter; [maxRetryAfter]
     * limits what is accepted. A delay that would reach the end of [maxDuration] ends the run immediately.
     *
     * @throws IllegalArgumentException if it was set before.
     */
    @JvmSynthetic
    public fun retryAfter(hint: (Throwable) -> Duration?): B = retryAfter(replace = false, hint)

    /** Reads the delay from a failure; if [replace] is true, it applies instead of the computed one even if it is shorter. */
    @JvmSynthetic
    public fun retryAfter(
        replace: Boolean,
        hint: (Throwable) -> Duration?,
    ): B = set { spec.retryAfter(replace, hint) }

    /** Reads from a failure the delay that the remote service asks for; null if it asks for none. */
    public fun retryAfter(hint: Function<in Throwable, out JavaDuration?>): B = retryAfter(false, hint)

    /** Reads the delay from a failure; if [replace] is true, it applies instead of the computed one even if it is shorter. */
    public fun retryAfter(
        replace: Boolean,
        hint: Function<in Throwable, out JavaDuration?>,
    ): B = retryAfter(replace) { hint.apply(it)?.toKotlinDuration() }

    /**
     * Reads the delay that the remote service asks for from a result of type [T] that [onResult] rejects; null if it asks for none. Accepted
     * results are not read. The rules of [retryAfter] apply; with several functions, the largest delay counts.
     *
     * If [replace] is true, the delay applies instead of the computed one even if it is shorter.
     */
    @JvmSynthetic
    public inline fun <reified T> retryAfterResult(
        replace: Boolean = false,
        noinline hint: (T) -> Duration?,
    ): B {
        @Suppress("UNCHECKED_CAST")
        return retryAfterResult({ it is T }, replace, hint as (Any?) -> Duration?)
    }

    @JvmSynthetic
    @PublishedApi
    internal fun retryAfterResult(
        isInstance: (Any?) -> Boolean,
        replace: Boolean,
        hint: (Any?) -> Duration?,
    ): B = set { spec.retryAfterResult(isInstance, replace, hint) }

    /** Reads the delay that the remote service asks for from a result of [type] that [onResult] rejects; null if it asks for none. */
    public fun <T : Any> retryAfterResult(
        type: Class<T>,
        hint: Function<in T, out JavaDuration?>,
    ): B = retryAfterResult(type, false, hint)

    /** Reads the delay from a rejected result; if [replace] is true, it applies instead of the computed one even if it is shorter. */
    public fun <T : Any> retryAfterResult(
        type: Class<T>,
        replace: Boolean,
        hint: Function<in T, out JavaDuration?>,
    ): B {
        val boxed = type.kotlin.javaObjectType
        return retryAfterResult({ boxed.isInstance(it) }, replace, { hint.apply(boxed.cast(it))?.toKotlinDuration() })
    }

    /**
     * Limits the delay that a failure or a result can ask for, by [retryAfter], [retryAfterResult] or a
     * [RetryHint][dev.reprise.policy.RetryHint].
     *
     * A longer one is not shortened, because the remote service would only reject the next attempt again: the run ends immediately with its
     * last failure or result and [StopReason.DEADLINE][dev.reprise.policy.StopReason.DEADLINE]; the report names the delay and the limit.
     * Applies before [maxDuration]. Default: no limit.
     *
     * @throws IllegalArgumentException if [limit] is negative, or was set before.
     */
    @JvmSynthetic
    public fun maxRetryAfter(limit: Duration): B = set { spec.maxRetryAfter(limit) }

    /** Limits the delay that a failure or a result can ask for; a longer one ends the run immediately. Default: no limit. */
    public fun maxRetryAfter(limit: JavaDuration): B = maxRetryAfter(limit.toKotlinDuration())

    /**
     * Limits the run to [calls] attempts in all, including the first. Default: no limit.
     *
     * @throws IllegalArgumentException if [calls] is below 1, or a count was set before.
     */
    public fun maxAttempts(calls: Int): B = set { spec.maxAttempts(calls) }

    /**
     * Limits the run to [calls] attempts after the first; 0 allows a single attempt. Default: no limit.
     *
     * @throws IllegalArgumentException if [calls] is negative, or a count was set before.
     */
    public fun maxRetries(calls: Int): B = set { spec.maxRetries(calls) }

    /**
     * Limits the whole run to [limit], delays included, measured on a monotonic clock.
     *
     * No attempt starts at or after the limit, no delay starts that would reach it, and an attempt that is still running then is cancelled;
     * if [cancel] is false, it can finish, and counts if it succeeds. The run ends with [StopReason.DEADLINE][dev.reprise.policy.StopReason.DEADLINE] and throws its last failure. Default: no limit.
     *
     * @throws IllegalArgumentException if [limit] is not positive, does not exceed the initial delay, or was set before.
     */
    @JvmSynthetic
    public fun maxDuration(
        limit: Duration,
        cancel: Boolean = true,
    ): B = set { spec.maxDuration(limit, cancel) }

    /** Limits the whole run to [limit], delays included; an attempt that is still running then is cancelled. Default: no limit. */
    public fun maxDuration(limit: JavaDuration): B = maxDuration(limit, true)

    /** Limits the whole run to [limit]; if [cancel] is false, an attempt that is still running then can finish. Default: no limit. */
    public fun maxDuration(
        limit: JavaDuration,
        cancel: Boolean,
    ): B = maxDuration(limit.toKotlinDuration(), cancel)

    /**
     * Cancels an attempt that runs for [timeout]: a coroutine is cancelled, a blocking body is interrupted, a stage is cancelled. The attempt
     * then fails with an [AttemptTimeoutException][dev.reprise.policy.AttemptTimeoutException], which is retried whatever [on] names,
     * unless [unless] names it. Default: no limit.
     *
     * @throws IllegalArgumentException if [timeout] is not positive, or was set before.
     */
    @JvmSynthetic
    public fun attemptTimeout(timeout: Duration): B = set { spec.attemptTimeout(timeout) }

    /** Cancels an attempt that runs for [timeout]; it fails with an `AttemptTimeoutException` and is retried. Default: no limit. */
    public fun attemptTimeout(timeout: JavaDuration): B = attemptTimeout(timeout.toKotlinDuration())

    /**
     * Adds settings in the notation of [RetryPolicy.parse], such as `every(1m) maxAttempts(5)`, to the other settings.
     *
     * @throws dev.reprise.policy.RetryPolicyParseException if [settings] cannot be parsed, or contradict a setting that was set before.
     */
    public fun notation(settings: String): B =
        set { PolicyParser(settings, Thread.currentThread().contextClassLoader ?: RetryPolicy::class.java.classLoader).parseInto(spec) }

    /** Retries without limit. A policy without a limit needs this call, because it is rarely intended. */
    public fun forever(): B = set { spec.forever() }

    /**
     * Sets which failure the run throws when it gives up. Default: [Rethrow.LAST].
     *
     * @throws IllegalArgumentException if another value was set before.
     */
    public fun rethrow(which: Rethrow): B = set { spec.rethrow(which) }

    /** Returns the last result when the run gives up on a result, instead of throwing `RetryExhaustedException`. */
    public fun returnLastResult(): B = set { spec.returnLastResult() }
}
