package dev.reprise

import dev.reprise.internal.policy.PolicySpec
import dev.reprise.policy.Rethrow
import kotlin.time.Duration

/**
 * Builds a [RetryPolicy] by answering three questions: *which* failures ([on], [unless], [onResult], [failureTester]), *how long* to wait
 * (see [ScheduleBuilder], and [initialDelay], [delayFrom]), *when to give up* ([maxAttempts], [maxRetries], [within], [forever]).
 *
 * With no rule any `Exception` is retried, but an interruption never; an `Error` only if a rule names it or one of its subclasses.
 * `CompletionException`, `ExecutionException`, `InvocationTargetException` and `UndeclaredThrowableException` are looked through before a
 * rule is asked.
 */
public open class RetryPolicyBuilder private constructor(
    private val spec: PolicySpec,
) : ScheduleBuilder(spec.schedule) {
    public constructor() : this(PolicySpec())

    /** True if something that is not part of the policy can end a run, such as a stop signal. */
    internal open val endsOtherwise: Boolean get() = false

    /**
     * Retries failures of type [E] for which [predicate] holds (default: all); with [inCauses] also failures that have such a one among
     * their causes.
     *
     * [waits] gives these failures a schedule of their own, with a counter of its own:
     * `on<Throttled>(waits = { exponential(1.seconds) })`. The first rule that matches counts.
     */
    public inline fun <reified E : Throwable> on(
        inCauses: Boolean = false,
        noinline waits: (ScheduleBuilder.() -> Unit)? = null,
        noinline predicate: ((E) -> Boolean)? = null,
    ) {
        on(E::class.java, inCauses, waits, predicate)
    }

    /** The same as `on<E>(…)` for a class that is known only at run time. */
    public fun <E : Throwable> on(
        type: Class<E>,
        inCauses: Boolean = false,
        waits: (ScheduleBuilder.() -> Unit)? = null,
        predicate: ((E) -> Boolean)? = null,
    ) {
        spec.on(type, inCauses, predicate.erased(), waits?.let { ScheduleBuilder().apply(it).schedule })
    }

    /**
     * Never retries failures of type [E] for which [predicate] holds (default: all), whatever `on` or a [RetryHint][dev.reprise.policy.RetryHint] says; with [inCauses]
     * also their wrappers.
     */
    public inline fun <reified E : Throwable> unless(
        inCauses: Boolean = false,
        noinline predicate: ((E) -> Boolean)? = null,
    ) {
        unless(E::class.java, inCauses, predicate)
    }

    /** The same as `unless<E>(…)` for a class that is known only at run time. */
    public fun <E : Throwable> unless(
        type: Class<E>,
        inCauses: Boolean = false,
        predicate: ((E) -> Boolean)? = null,
    ) {
        spec.unless(type, inCauses, predicate.erased())
    }

    /** Retries results of type [T] for which [predicate] holds. A discarded result that is `AutoCloseable` is closed. */
    public inline fun <reified T> onResult(noinline predicate: (T) -> Boolean) {
        @Suppress("UNCHECKED_CAST")
        onResult({ it is T }, predicate as (Any?) -> Boolean)
    }

    /** The same as `onResult<T>` where the type is told by [isInstance]. */
    public fun onResult(
        isInstance: (Any?) -> Boolean,
        predicate: (Any?) -> Boolean,
    ) {
        spec.onResult(isInstance, predicate)
    }

    /**
     * Shows every failure that the other rules would retry to a tester. A tester that returns null lets it pass; one that returns or
     * throws a failure ends the run with that failure. [factory] is called once a run, so a tester may have a state.
     *
     * @throws IllegalArgumentException if a tester was given before.
     */
    public fun failureTester(factory: () -> (Throwable) -> Throwable?) {
        spec.failureTester(factory)
    }

    /** Waits [delay] before the first attempt. Default: zero. It counts for [within]. */
    public fun initialDelay(delay: Duration) {
        spec.initialDelay(delay)
    }

    /**
     * Reads from a failure how long to wait at least, as a server says it in `Retry-After`; null where it says nothing. The larger of this
     * and the computed wait is waited, the cap notwithstanding; one that would reach the end of [within] ends the run at once.
     *
     * @throws IllegalArgumentException if it was given before.
     */
    public fun delayFrom(hint: (Throwable) -> Duration?) {
        spec.delayFrom(hint)
    }

    /**
     * Makes at most [calls] calls in all, the first included.
     *
     * @throws IllegalArgumentException if [calls] is below 1, or a count was given before.
     */
    public fun maxAttempts(calls: Int) {
        spec.maxAttempts(calls)
    }

    /**
     * Makes at most [calls] calls after the first.
     *
     * @throws IllegalArgumentException if [calls] is negative, or a count was given before.
     */
    public fun maxRetries(calls: Int) {
        spec.maxRetries(calls)
    }

    /**
     * Ends the run [time] after its start, on a monotonic clock: no attempt starts at or after that, no wait that would reach it is begun,
     * and an attempt that is running then is cut.
     *
     * @throws IllegalArgumentException if [time] is not positive, or was given before.
     */
    public fun within(time: Duration) {
        spec.within(time)
    }

    /**
     * Cuts each attempt [time] after its start. The cut is an [AttemptTimeoutException][dev.reprise.policy.AttemptTimeoutException], which is retried whatever `on` says, unless
     * `unless` names it.
     *
     * @throws IllegalArgumentException if [time] is not positive.
     */
    public fun attemptTimeout(time: Duration) {
        spec.attemptTimeout(time)
    }

    /** Sets no limit. It has to be said, because it is seldom meant. @throws IllegalArgumentException if a limit was given as well. */
    public fun forever() {
        spec.forever()
    }

    /** Which failure is thrown when the run gives up. Default: [Rethrow.Last]. */
    public fun rethrow(which: Rethrow) {
        spec.rethrow(which)
    }

    /** Returns the last result, instead of throwing [RetryExhaustedException][dev.reprise.policy.RetryExhaustedException], when a run gives up on a result. */
    public fun orLast() {
        spec.orLast()
    }

    /** Takes [policy] in the place of what would be told here. */
    internal fun given(policy: RetryPolicy) {
        spec.policy(policy.logic)
    }

    /**
     * The policy as it was told.
     *
     * @throws IllegalArgumentException if nothing ends it, or two settings contradict each other.
     */
    public fun buildPolicy(): RetryPolicy = RetryPolicy(spec.build(endsOtherwise))
}

@Suppress("UNCHECKED_CAST")
private fun <E : Throwable> ((E) -> Boolean)?.erased(): ((Throwable) -> Boolean)? = this as ((Throwable) -> Boolean)?
