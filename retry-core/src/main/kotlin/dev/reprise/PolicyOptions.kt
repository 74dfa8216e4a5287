package dev.reprise

import dev.reprise.internal.policy.PolicyParser
import dev.reprise.internal.policy.PolicySpec
import dev.reprise.policy.RepriseSpi
import dev.reprise.policy.Rethrow
import java.util.function.Function
import java.util.function.Predicate
import java.util.function.Supplier
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * The settings of a [RetryPolicy], which answer three questions: *which* failures ([on], [unless], [onResult], [failureTester]), *how long*
 * to wait ([ScheduleOptions], [initialDelay], [retryAfter]), *when to give up* ([maxAttempts], [maxRetries], [maxDuration], [forever]).
 *
 * By default every `Exception` is retried, interrupts never, and an `Error` only if a rule names its class or a subclass of `Error`.
 * `CompletionException`, `ExecutionException`, `InvocationTargetException` and `UndeclaredThrowableException` are unwrapped before the rules
 * apply. The rules apply in this order: interrupt, [unless], [RetryHint][dev.reprise.policy.RetryHint] of the failure, [on],
 * [failureTester]; then the number of attempts, then the delay against [maxDuration].
 */
@SubclassOptInRequired(RepriseSpi::class)
@OptIn(RepriseSpi::class)
public abstract class PolicyOptions<B : PolicyOptions<B>> internal constructor(
    internal val spec: PolicySpec,
) : ScheduleOptions<B>(spec.schedule) {
    /**
     * Retries failures of type [E] that match [predicate] (default: all); with [inCauses] also failures with a matching cause.
     *
     * [schedule] sets separate delays for these failures, with a separate counter: `on<Throttled>(schedule = { exponential(1.seconds) })`.
     * The first rule that matches applies. If [predicate] throws, the run ends with the failure.
     */
    @JvmSynthetic
    public inline fun <reified E : Throwable> on(
        inCauses: Boolean = false,
        noinline schedule: (ScheduleBuilder.() -> ScheduleBuilder)? = null,
        noinline predicate: ((E) -> Boolean)? = null,
    ): B = on(E::class.java, inCauses, schedule, predicate)

    @JvmSynthetic
    @PublishedApi
    internal fun <E : Throwable> on(
        type: Class<E>,
        inCauses: Boolean,
        schedule: (ScheduleBuilder.() -> ScheduleBuilder)?,
        predicate: ((E) -> Boolean)?,
    ): B = set { spec.on(type, inCauses, predicate.erased(), schedule?.invoke(ScheduleBuilder())?.scheduleSpec) }

    /** Retries failures of any of these types. */
    @SafeVarargs
    public fun on(vararg types: Class<out Throwable>): B = set { types.forEach { on(it, false, null, null) } }

    /** Retries failures of [type] that match [predicate]. If [predicate] throws, the run ends with the failure. */
    public fun <E : Throwable> on(
        type: Class<E>,
        predicate: Predicate<in E>,
    ): B = on(type, false, null, predicate::test)

    /** Retries failures of [type] after the delays of [schedule], which have a separate counter. The first rule that matches applies. */
    public fun on(
        type: Class<out Throwable>,
        schedule: ScheduleBuilder,
    ): B = on(type, false, { schedule }, null)

    /** Retries failures of [type] that match [predicate], after the delays of [schedule], which have a separate counter. */
    public fun <E : Throwable> on(
        type: Class<E>,
        predicate: Predicate<in E>,
        schedule: ScheduleBuilder,
    ): B = on(type, false, { schedule }, predicate::test)

    /** Retries failures that are of [type] or have a cause of [type]. */
    public fun onCause(type: Class<out Throwable>): B = on(type, true, null, null)

    /** Retries failures that match, or have a cause that matches, [type] and [predicate]. */
    public fun <E : Throwable> onCause(
        type: Class<E>,
        predicate: Predicate<in E>,
    ): B = on(type, true, null, predicate::test)

    /**
     * Never retries failures of type [E] that match [predicate] (default: all); with [inCauses] also failures with a matching cause. Wins
     * over every [on] and over a [RetryHint][dev.reprise.policy.RetryHint], whatever the order of the calls.
     */
    @JvmSynthetic
    public inline fun <reified E : Throwable> unless(
        inCauses: Boolean = false,
        noinline predicate: ((E) -> Boolean)? = null,
    ): B = unless(E::class.java, inCauses, predicate)

    @JvmSynthetic
    @PublishedApi
    internal fun <E : Throwable> unless(
        type: Class<E>,
        inCauses: Boolean,
        predicate: ((E) -> Boolean)?,
    ): B = set { spec.unless(type, inCauses, predicate.erased()) }

    /** Never retries failures of any of these types. Wins over every [on], whatever the order of the calls. */
    @SafeVarargs
    public fun unless(vararg types: Class<out Throwable>): B = set { types.forEach { unless(it, false, null) } }

    /** Never retries failures of [type] that match [predicate]. */
    public fun <E : Throwable> unless(
        type: Class<E>,
        predicate: Predicate<in E>,
    ): B = unless(type, false, predicate::test)

    /** Never retries failures that are of [type] or have a cause of [type]. */
    public fun unlessCause(type: Class<out Throwable>): B = unless(type, true, null)

    /** Retries results of type [T] that match [predicate]. A discarded result that is `AutoCloseable` is closed. */
    @JvmSynthetic
    public inline fun <reified T> onResult(noinline predicate: (T) -> Boolean): B {
        @Suppress("UNCHECKED_CAST")
        return onResult({ it is T }, predicate as (Any?) -> Boolean)
    }

    @JvmSynthetic
    @PublishedApi
    internal fun onResult(
        isInstance: (Any?) -> Boolean,
        predicate: (Any?) -> Boolean,
    ): B = set { spec.onResult(isInstance, predicate) }

    /** Retries results of [type] that match [predicate]; `int.class` means the same as `Integer.class`, and null has no type. */
    public fun <T : Any> onResult(
        type: Class<T>,
        predicate: Predicate<in T>,
    ): B {
        val boxed = type.kotlin.javaObjectType
        return onResult({ boxed.isInstance(it) }, { predicate.test(boxed.cast(it)) })
    }

    /** Retries results that match [predicate], which is also called with null: `onResult(Objects::isNull)`. */
    public fun onResult(predicate: Predicate<in Any?>): B = onResult({ true }, predicate::test)

    /**
     * Calls a tester with every failure that the other rules retry. If the tester returns null, the failure is retried; if it returns or
     * throws a failure, the run ends with that failure. [factory] is called once per run, so a tester can have state.
     *
     * @throws IllegalArgumentException if it was set before.
     */
    @JvmSynthetic
    public fun failureTester(factory: () -> (Throwable) -> Throwable?): B = set { spec.failureTester(factory) }

    /** Calls a tester with every failure that the other rules retry; see the Kotlin form. */
    public fun failureTester(factory: Supplier<out Function<in Throwable, out Throwable?>>): B = failureTester { factory.get()::apply }

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
     * Reads the shortest delay from a failure, as a server sends it in `Retry-After`; null if the failure has none. The larger of this and
     * the computed delay applies, and the cap of the schedule does not limit it. A delay that would reach the end of [maxDuration] ends the
     * run immediately.
     *
     * @throws IllegalArgumentException if it was set before.
     */
    @JvmSynthetic
    public fun retryAfter(hint: (Throwable) -> Duration?): B = set { spec.retryAfter(hint) }

    /** Reads the shortest delay from a failure, as a server sends it in `Retry-After`; null if the failure has none. */
    public fun retryAfter(hint: Function<in Throwable, out JavaDuration?>): B = retryAfter { hint.apply(it)?.toKotlinDuration() }

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
     * No attempt starts at or after the limit, no delay starts that would reach it, and an attempt that is still running then is cancelled.
     * The run ends with [StopReason.DEADLINE][dev.reprise.policy.StopReason.DEADLINE] and throws its last failure. Default: no limit.
     *
     * @throws IllegalArgumentException if [limit] is not positive, does not exceed the initial delay, or was set before.
     */
    @JvmSynthetic
    public fun maxDuration(limit: Duration): B = set { spec.maxDuration(limit) }

    /** Limits the whole run to [limit], delays included, measured on a monotonic clock. Default: no limit. */
    public fun maxDuration(limit: JavaDuration): B = maxDuration(limit.toKotlinDuration())

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

@Suppress("UNCHECKED_CAST")
private fun <E : Throwable> ((E) -> Boolean)?.erased(): ((Throwable) -> Boolean)? = this as ((Throwable) -> Boolean)?
