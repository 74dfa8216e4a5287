package dev.reprise

import dev.reprise.internal.policy.PolicySpec
import dev.reprise.policy.RepriseSpi
import dev.reprise.policy.TransientFailures
import java.util.function.Function
import java.util.function.Predicate
import java.util.function.Supplier

/**
 * Which failures and results are retried: [on], [unless], [onResult], [failureTester].
 *
 * By default every `Exception` is retried, interrupts never, and an `Error` only if a rule names its class or a subclass of `Error`.
 * `CompletionException`, `ExecutionException`, `InvocationTargetException` and `UndeclaredThrowableException` with their subclasses are
 * envelopes: rules, predicates, testers and hints get the failure in them. `UncheckedIOException` is none; `on<IOException>(inCauses = true)`
 * finds what is in it.
 *
 * The rules apply in this order: interrupt, [unless], [RetryHint][dev.reprise.policy.RetryHint] of the failure, [on], [failureTester]; then
 * the number of attempts, then the delay against `maxRetryAfter` and `maxDuration`.
 *
 * [TransientFailures] are tables of failures that are worth another attempt: `on(TransientFailures.SQL)`.
 *
 * A [RestoredFailure][dev.reprise.policy.RestoredFailure] is matched by the class names that it has recorded. Predicates are not called with
 * it: `on` retries it as if the predicate were true, and `unless` ignores it as if the predicate were false.
 */
@SubclassOptInRequired(RepriseSpi::class)
@OptIn(RepriseSpi::class)
public abstract class RuleOptions<B : RuleOptions<B>> internal constructor(
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

    /**
     * Retries failures that are transient by [table], also as a cause. [schedule] sets separate delays for these failures, with a separate
     * counter. The first rule that matches applies.
     */
    @JvmSynthetic
    public fun on(
        table: TransientFailures,
        schedule: ScheduleBuilder.() -> ScheduleBuilder,
    ): B = on(table, ScheduleBuilder().schedule())

    /** Retries failures that are transient by [table], also as a cause. */
    public fun on(table: TransientFailures): B = set { spec.on(table, null) }

    /** Retries failures that are transient by [table], after the delays of [schedule], which have a separate counter. */
    public fun on(
        table: TransientFailures,
        schedule: ScheduleBuilder,
    ): B = set { spec.on(table, schedule.scheduleSpec) }

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
}

@Suppress("UNCHECKED_CAST")
private fun <E : Throwable> ((E) -> Boolean)?.erased(): ((Throwable) -> Boolean)? = this as ((Throwable) -> Boolean)?
