package dev.reprise

import dev.reprise.internal.policy.Ending
import dev.reprise.internal.policy.FailureRule
import dev.reprise.internal.policy.FailureRules
import dev.reprise.internal.policy.Limits
import dev.reprise.internal.policy.LimitsBuilder
import dev.reprise.internal.policy.ResultRule
import dev.reprise.internal.policy.RulePolicy
import dev.reprise.internal.policy.Schedule
import dev.reprise.internal.policy.calls
import dev.reprise.internal.policy.isEndless
import dev.reprise.internal.util.toWaitNanos
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
public open class RetryPolicyBuilder : ScheduleBuilder() {
    private val on = ArrayList<FailureRule>()
    private val unless = ArrayList<FailureRule>()
    private val onResult = ArrayList<ResultRule>()
    private val limits = LimitsBuilder()
    private var hint: ((Throwable) -> Duration?)? = null
    private var tester: (() -> (Throwable) -> Throwable?)? = null
    private var rethrow: Rethrow? = null
    private var returnsLast = false
    private var given: RetryPolicy? = null

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
        val schedule =
            waits?.let {
                requireNotNull(
                    ScheduleBuilder().apply(it).buildSchedule(),
                ) { "waits of on<${type.simpleName}> is empty; say every, exponential …" }
            }
        on += FailureRule(type, inCauses, predicate.erased(), schedule)
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
        unless += FailureRule(type, inCauses, predicate.erased())
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
        onResult += ResultRule(isInstance, predicate)
    }

    /**
     * Shows every failure that the other rules would retry to a tester. A tester that returns null lets it pass; one that returns or
     * throws a failure ends the run with that failure. [factory] is called once a run, so a tester may have a state.
     *
     * @throws IllegalArgumentException if a tester was given before.
     */
    public fun failureTester(factory: () -> (Throwable) -> Throwable?) {
        require(tester == null) { "failureTester is given twice; let one tester ask both questions" }
        tester = factory
    }

    /** Waits [delay] before the first attempt. Default: zero. It counts for [within]. */
    public fun initialDelay(delay: Duration) {
        require(!delay.isNegative()) { "initialDelay must not be negative, but was $delay" }
        limits.initialDelay("initialDelay($delay)", delay)
    }

    /**
     * Reads from a failure how long to wait at least, as a server says it in `Retry-After`; null where it says nothing. The larger of this
     * and the computed wait is waited, the cap notwithstanding; one that would reach the end of [within] ends the run at once.
     *
     * @throws IllegalArgumentException if it was given before.
     */
    public fun delayFrom(hint: (Throwable) -> Duration?) {
        require(this.hint == null) { "delayFrom is given twice; let one function read both hints" }
        this.hint = hint
    }

    /**
     * Makes at most [calls] calls in all, the first included.
     *
     * @throws IllegalArgumentException if [calls] is below 1, or a count was given before.
     */
    public fun maxAttempts(calls: Int) {
        require(calls > 0) { "maxAttempts must be positive, but was $calls; it counts all calls, the first included" }
        limits.attempts("maxAttempts($calls)", calls)
    }

    /**
     * Makes at most [calls] calls after the first.
     *
     * @throws IllegalArgumentException if [calls] is negative, or a count was given before.
     */
    public fun maxRetries(calls: Int) {
        require(calls >= 0) { "maxRetries must not be negative, but was $calls; forever() sets no limit" }
        limits.attempts("maxRetries($calls)", if (calls == Int.MAX_VALUE) calls else calls + 1)
    }

    /**
     * Ends the run [time] after its start, on a monotonic clock: no attempt starts at or after that, no wait that would reach it is begun,
     * and an attempt that is running then is cut.
     *
     * @throws IllegalArgumentException if [time] is not positive, or was given before.
     */
    public fun within(time: Duration) {
        require(time.isPositive()) { "within must be positive, but was $time" }
        limits.within("within($time)", time)
    }

    /**
     * Cuts each attempt [time] after its start. The cut is an [AttemptTimeoutException][dev.reprise.policy.AttemptTimeoutException], which is retried whatever `on` says, unless
     * `unless` names it.
     *
     * @throws IllegalArgumentException if [time] is not positive.
     */
    public fun attemptTimeout(time: Duration) {
        require(time.isPositive()) { "attemptTimeout must be positive, but was $time" }
        limits.attemptTimeout("attemptTimeout($time)", time)
    }

    /** Sets no limit. It has to be said, because it is seldom meant. @throws IllegalArgumentException if a limit was given as well. */
    public fun forever() {
        limits.forever = true
    }

    /** Which failure is thrown when the run gives up. Default: [Rethrow.Last]. */
    public fun rethrow(which: Rethrow) {
        require(rethrow == null || rethrow == which) { "rethrow($which) contradicts rethrow($rethrow), given before; keep one of them" }
        rethrow = which
    }

    /** Returns the last result, instead of throwing [RetryExhaustedException][dev.reprise.policy.RetryExhaustedException], when a run gives up on a result. */
    public fun orLast() {
        returnsLast = true
    }

    /** Takes [policy] in the place of what would be told here. */
    internal fun given(policy: RetryPolicy) {
        require(given == null) { "policy is given twice: $given and $policy; join them with and, or, then" }
        given = policy
    }

    private fun requireFits(given: RetryPolicy) {
        require(told(limits.told()) == NOTHING && !limits.forever) {
            "policy($given) contradicts what is told beside it; join the two with and, or, then"
        }
        require(endsOtherwise || !given.needsEnd) {
            "nothing ends policy($given): it was told in a retry { } that a stop or a budget ends; say stopWhen(signal) or budget(…) " +
                "here as well, join it with a policy that ends, or say forever() where it is told"
        }
    }

    /**
     * The policy as it was told.
     *
     * @throws IllegalArgumentException if nothing ends it, or two settings contradict each other.
     */
    public fun buildPolicy(): RetryPolicy {
        given?.let { return it.also(::requireFits) }
        val policy = told(limits.build(buildSchedule(), endsOtherwise))
        return if (policy.isEndless && !limits.forever) policy.needingEnd() else policy
    }

    /** What was told, with these limits. */
    private fun told(limits: Limits): RulePolicy =
        RulePolicy(
            // Copies: the builder may go on, the policy stays as it is.
            rules = FailureRules(on.toList(), unless.toList(), onResult.toList()),
            schedule = buildSchedule() ?: Schedule.AT_ONCE,
            initialDelay = this.limits.initialDelay.toWaitNanos(),
            hint = hint,
            tester = tester,
            limits = limits,
            ending = Ending(rethrow ?: Rethrow.Last, returnsLast),
        )

    private companion object {
        val NOTHING = RulePolicy(FailureRules(), Schedule.AT_ONCE, 0, null, null, Limits(), Ending())
    }
}

@Suppress("UNCHECKED_CAST")
private fun <E : Throwable> ((E) -> Boolean)?.erased(): ((Throwable) -> Boolean)? = this as ((Throwable) -> Boolean)?
