package dev.reprise.internal.policy

import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Rethrow
import kotlin.time.Duration

/** Records and checks the settings of a policy; the builders and the parser fill it. */
internal class PolicySpec {
    val schedule = ScheduleSpec()
    private val on = ArrayList<FailureRule>()
    private val unless = ArrayList<FailureRule>()
    private val onResult = ArrayList<ResultRule>()
    private val limits = LimitsSpec()
    private var hint: ((Throwable) -> Duration?)? = null
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
        val own = schedule?.let { requireNotNull(it.build()) { "waits of on<${type.simpleName}> is empty; say every, exponential …" } }
        on += FailureRule(type, inCauses, predicate, own)
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
        require(tester == null) { "failureTester is given twice; let one tester ask both questions" }
        tester = factory
    }

    fun delayFrom(hint: (Throwable) -> Duration?) {
        require(this.hint == null) { "delayFrom is given twice; let one function read both hints" }
        this.hint = hint
    }

    fun initialDelay(delay: Duration) {
        require(!delay.isNegative()) { "initialDelay must not be negative, but was $delay" }
        limits.initialDelay("initialDelay($delay)", delay)
    }

    fun maxAttempts(calls: Int) {
        require(calls > 0) { "maxAttempts must be positive, but was $calls; it counts all calls, the first included" }
        limits.attempts("maxAttempts($calls)", calls)
    }

    fun maxRetries(calls: Int) {
        require(calls >= 0) { "maxRetries must not be negative, but was $calls; forever() sets no limit" }
        limits.attempts("maxRetries($calls)", if (calls == Int.MAX_VALUE) calls else calls + 1)
    }

    fun within(time: Duration) {
        require(time.isPositive()) { "within must be positive, but was $time" }
        limits.within("within($time)", time)
    }

    fun attemptTimeout(time: Duration) {
        require(time.isPositive()) { "attemptTimeout must be positive, but was $time" }
        limits.attemptTimeout("attemptTimeout($time)", time)
    }

    fun forever() {
        limits.forever = true
    }

    fun rethrow(which: Rethrow) {
        require(rethrow == null || rethrow == which) { "rethrow($which) contradicts rethrow($rethrow), given before; keep one of them" }
        rethrow = which
    }

    fun orLast() {
        returnsLast = true
    }

    /** Uses [policy] instead of settings. */
    fun policy(policy: PolicyLogic) {
        require(whole == null) { "policy is given twice: $whole and $policy; join them with and, or, then" }
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
            "policy($policy) contradicts what is told beside it; join the two with and, or, then"
        }
        require(endsOtherwise || !policy.needsEnd) {
            "nothing ends policy($policy): it was told in a retry { } that a stop or a budget ends; say stopWhen(signal) or budget(…) " +
                "here as well, join it with a policy that ends, or say forever() where it is told"
        }
    }

    private fun rulePolicy(limits: Limits): RulePolicy =
        RulePolicy(
            // Copies: the builder can be used again, the policy stays unchanged.
            rules = FailureRules(on.toList(), unless.toList(), onResult.toList()),
            schedule = schedule.build() ?: Schedule.AT_ONCE,
            initialDelay = this.limits.initialDelay.toWaitNanos(),
            hint = hint,
            tester = tester,
            limits = limits,
            ending = Ending(rethrow ?: Rethrow.Last, returnsLast),
        )

    private companion object {
        val NO_SETTINGS = RulePolicy(FailureRules(), Schedule.AT_ONCE, 0, null, null, Limits(), Ending())
    }
}

/** Records the limits and rejects those that contradict each other. */
private class LimitsSpec {
    private val settings = LinkedHashMap<String, String>()
    private var attempts = Int.MAX_VALUE
    private var within = Duration.INFINITE
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

    fun within(
        call: String,
        time: Duration,
    ) {
        once("time", call)
        within = time
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
        val limit = settings["count"] ?: settings["time"]?.takeIf { within.isFinite() } ?: schedule?.backoff?.size?.let { "delays, which end" }
        require(!forever || limit == null) { "forever() contradicts $limit; keep one of them" }
        // A sequence may or may not end; whoever hands one in says so by handing it in.
        require(forever || limit != null || schedule?.backoff is SequenceBackoff || endsOtherwise) {
            "nothing ends this policy: say maxAttempts(n), maxRetries(n), within(time), delays(…), or forever(); " +
                "in retry { } stopWhen(signal) or budget(…) will do as well"
        }
        require(initialDelay.toWaitNanos() < within.toWaitNanos()) {
            "initialDelay ($initialDelay) must be shorter than within ($within): no attempt would start"
        }
        return recorded()
    }

    /** The limits, consistent or not. */
    fun recorded(): Limits = Limits(attempts, within.toWaitNanos(), attemptTimeout.toWaitNanos())

    private fun once(
        kind: String,
        call: String,
    ) {
        val before = settings.put(kind, call)
        require(before == null) { "$call contradicts $before, given before; keep one of them" }
    }
}
