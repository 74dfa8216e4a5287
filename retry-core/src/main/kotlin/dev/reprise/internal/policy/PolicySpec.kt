package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.compact
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Rethrow
import dev.reprise.policy.TransientFailures
import kotlin.time.Duration

/**
 * Records and checks the settings of a policy; the builders and the parser fill it. [otherLimits] are the settings beyond the policy that can
 * end a run, for the message that a policy without a limit gets.
 */
internal class PolicySpec(
    otherLimits: List<String> = emptyList(),
) {
    val schedule = ScheduleSpec()
    private val on = ArrayList<FailureRule>()
    private val unless = ArrayList<FailureRule>()
    private val onResult = ArrayList<ResultRule>()
    private val limits = LimitsSpec(otherLimits)
    private val failureHints = ArrayList<HintReader>(1)
    private val resultHints = ArrayList<HintReader>(1)
    private var longestHint: Duration? = null
    private var tester: (() -> (Throwable) -> Throwable?)? = null
    private var rethrow: Rethrow? = null
    private var returnsLast = false
    private var whole: PolicyLogic? = null

    fun on(
        type: Class<out Throwable>,
        inCauses: Boolean,
        predicate: ((Throwable) -> Boolean)?,
        schedule: ScheduleSpec?,
    ) {
        on += FailureRule(type, inCauses, predicate, schedule?.buildFor(type.simpleName))
    }

    fun on(
        table: TransientFailures,
        schedule: ScheduleSpec?,
    ) {
        on += FailureRule(Exception::class.java, schedule = schedule?.buildFor(table.name), table = table)
    }

    fun unless(
        type: Class<out Throwable>,
        inCauses: Boolean,
        predicate: ((Throwable) -> Boolean)?,
    ) {
        unless += FailureRule(type, inCauses, predicate)
    }

    fun onResult(
        isInstance: (Any?) -> Boolean,
        predicate: (Any?) -> Boolean,
    ) {
        onResult += ResultRule(isInstance, predicate)
    }

    fun failureTester(factory: () -> (Throwable) -> Throwable?) {
        require(tester == null) { "failureTester was set before; use one tester that makes both checks" }
        tester = factory
    }

    fun retryAfter(
        replace: Boolean,
        hint: (Throwable) -> Duration?,
    ) {
        require(failureHints.isEmpty()) { "retryAfter was set before; use one function that reads both hints" }
        failureHints += HintReader(replace, { true }) { hint(it as Throwable) }
    }

    fun retryAfterResult(
        isInstance: (Any?) -> Boolean,
        replace: Boolean,
        hint: (Any?) -> Duration?,
    ) {
        resultHints += HintReader(replace, isInstance, hint)
    }

    fun maxRetryAfter(limit: Duration) {
        require(!limit.isNegative()) { "maxRetryAfter must not be negative, but was ${limit.compact()}" }
        require(longestHint == null) {
            "maxRetryAfter(${limit.compact()}) contradicts maxRetryAfter(${longestHint?.compact()}), which was set before; keep one of them"
        }
        longestHint = limit
    }

    fun initialDelay(delay: Duration) {
        require(!delay.isNegative()) { "initialDelay must not be negative, but was ${delay.compact()}" }
        limits.initialDelay("initialDelay(${delay.compact()})", delay)
    }

    fun maxAttempts(calls: Int) {
        require(calls > 0) { "maxAttempts must be at least 1, but was $calls; it counts all attempts, including the first" }
        limits.attempts("maxAttempts($calls)", calls)
    }

    fun maxRetries(calls: Int) {
        require(calls >= 0) { "maxRetries must not be negative, but was $calls; to retry without limit, call forever()" }
        limits.attempts("maxRetries($calls)", if (calls == Int.MAX_VALUE) calls else calls + 1)
    }

    fun maxDuration(
        limit: Duration,
        cancel: Boolean,
    ) {
        require(limit.isPositive()) { "maxDuration must be positive, but was ${limit.compact()}" }
        limits.maxDuration("maxDuration(${limit.compact()})", limit, cancel)
    }

    fun attemptTimeout(timeout: Duration) {
        require(timeout.isPositive()) { "attemptTimeout must be positive, but was ${timeout.compact()}" }
        limits.attemptTimeout("attemptTimeout(${timeout.compact()})", timeout)
    }

    fun forever() {
        limits.forever = true
    }

    fun rethrow(which: Rethrow) {
        require(rethrow == null || rethrow == which) {
            "rethrow($which) contradicts rethrow($rethrow), which was set before; keep one of them"
        }
        rethrow = which
    }

    fun returnLastResult() {
        returnsLast = true
    }

    /** Uses [policy] instead of settings. */
    fun policy(policy: PolicyLogic) {
        require(whole == null) { "policy($policy) contradicts policy($whole), which was set before; join them with and, or, then" }
        whole = policy
    }

    /** [endsOtherwise] is true if something that is not part of the policy can end a run, such as a stop signal. */
    fun build(endsOtherwise: Boolean = false): PolicyLogic {
        whole?.let { return it.also { requireFits(it, endsOtherwise) } }
        val policy = rulePolicy(limits.build(schedule.build(), endsOtherwise))
        return if (policy.isEndless && !limits.forever) policy.needingEnd() else policy
    }

    private fun requireFits(
        policy: PolicyLogic,
        endsOtherwise: Boolean,
    ) {
        require(rulePolicy(limits.recorded()) == NO_SETTINGS && !limits.forever) {
            "policy($policy) contradicts the other settings of this policy; join two policies with and, or, then"
        }
        require(endsOtherwise || !policy.needsEnd) {
            "policy($policy) never ends by itself: it was built together with a stop signal or a budget. Add stopWhen(signal) or " +
                "budget(budget) here too, join it with a policy that has a limit, or call forever() where it is built."
        }
    }

    private fun rulePolicy(limits: Limits): RulePolicy =
        RulePolicy(
            // Copies: the builder can be used again, the policy stays unchanged.
            rules = FailureRules(on.toList(), unless.toList(), onResult.toList()),
            schedule = schedule.build() ?: Schedule.AT_ONCE,
            initialDelay = this.limits.initialDelay.toWaitNanos(),
            hints = DelayHints(failureHints.toList(), resultHints.toList(), (longestHint ?: Duration.INFINITE).toWaitNanos()),
            tester = tester,
            limits = limits,
            ending = Ending(rethrow ?: Rethrow.LAST, returnsLast),
        )

    private companion object {
        val NO_SETTINGS = RulePolicy(FailureRules(), Schedule.AT_ONCE, 0, DelayHints.NONE, null, Limits(), Ending())
    }
}

private fun ScheduleSpec.buildFor(subject: String): Schedule =
    requireNotNull(build()) { "the schedule of on($subject) is empty; add every, exponential, linear, fibonacci or delays" }

/** Records the limits and rejects those that contradict each other. */
private class LimitsSpec(
    private val otherLimits: List<String>,
) {
    private val settings = LinkedHashMap<String, String>()
    private var attempts = Int.MAX_VALUE
    private var maxDuration = Duration.INFINITE
    private var cancels = true
    private var attemptTimeout = Duration.INFINITE
    var initialDelay: Duration = Duration.ZERO
        private set
    var forever = false

    fun attempts(
        call: String,
        calls: Int,
    ) {
        once("count", call)
        attempts = calls
    }

    fun maxDuration(
        call: String,
        time: Duration,
        cancel: Boolean,
    ) {
        once("time", call)
        maxDuration = time
        cancels = cancel || time.toWaitNanos() >= LONGEST_WAIT
    }

    fun attemptTimeout(
        call: String,
        time: Duration,
    ) {
        once("attempt", call)
        attemptTimeout = time
    }

    fun initialDelay(
        call: String,
        delay: Duration,
    ) {
        once("initial", call)
        initialDelay = delay
    }

    fun build(
        schedule: Schedule?,
        endsOtherwise: Boolean,
    ): Limits {
        val limit =
            settings["count"] ?: settings["time"]?.takeIf { maxDuration.isFinite() } ?: schedule?.backoff?.size?.let { "delays, which end" }
        require(!forever || limit == null) { "forever() contradicts $limit; keep one of them" }
        // A sequence may or may not end; that is the choice of the caller.
        require(forever || limit != null || schedule?.backoff is SequenceBackoff || endsOtherwise) {
            val ways = listOf("maxAttempts(n)", "maxRetries(n)", "maxDuration(d)", "delays(list)") + otherLimits
            "This policy never ends. Add ${ways.dropLast(1).joinToString()} or ${ways.last()}, or call forever() to retry without limit."
        }
        require(initialDelay.toWaitNanos() < maxDuration.toWaitNanos()) {
            "initialDelay (${initialDelay.compact()}) must be shorter than maxDuration (${maxDuration.compact()}): no attempt would start"
        }
        return recorded()
    }

    /** The limits, consistent or not. */
    fun recorded(): Limits = Limits(attempts, maxDuration.toWaitNanos(), cancels, attemptTimeout.toWaitNanos())

    private fun once(
        kind: String,
        call: String,
    ) {
        val before = settings.put(kind, call)
        require(before == null) { "$call contradicts $before, which was set before; keep one of them" }
    }
}
