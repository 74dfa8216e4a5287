package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.plusWait
import dev.reprise.policy.Rethrow
import dev.reprise.policy.RetryHint
import kotlin.random.Random

/**
 * When a run gives up. [attempts] includes the first; [maxDuration] is in nanoseconds from the start of the run, and if it [cancels], an
 * attempt that is running then is cancelled.
 */
internal data class Limits(
    val attempts: Int = Int.MAX_VALUE,
    val maxDuration: Long = LONGEST_WAIT,
    val cancels: Boolean = true,
    val attemptTimeout: Long = LONGEST_WAIT,
)

/** What the caller of a run that gave up gets. */
internal data class Ending(
    val rethrow: Rethrow = Rethrow.LAST,
    val returnsLast: Boolean = false,
)

/** A policy of one builder: rules, schedule, limits. */
internal data class RulePolicy(
    val rules: FailureRules,
    val schedule: Schedule,
    val initialDelay: Long,
    val hints: DelayHints,
    val tester: (() -> (Throwable) -> Throwable?)?,
    val limits: Limits,
    val ending: Ending,
) : PolicyLogic() {
    override val initialDelayNanos: Long get() = initialDelay
    override val attemptTimeoutNanos: Long get() = limits.attemptTimeout
    override val rethrow: Rethrow get() = ending.rethrow
    override val returnsLast: Boolean get() = ending.returnsLast
    override val judgesResults: Boolean = rules.onResult.isNotEmpty()
    override val hasDeadline: Boolean get() = limits.maxDuration < LONGEST_WAIT
    override val code: List<String> get() = calls().filter { CODE in it }
    override var needsEnd: Boolean = false
        private set

    /** The schedule of the policy, then those of its rules. */
    private val schedules = listOf(schedule) + rules.on.mapNotNull { it.schedule }
    private val hasOwnSchedules = rules.on.any { it.schedule != null }
    private val needsState = hasOwnSchedules || schedule.needsMemory || tester != null

    /** Marks a policy without a limit that was built without `forever()`. It prints as if it had it, and is equal to one that has it. */
    fun needingEnd(): RulePolicy = apply { needsEnd = true }

    override fun newState(): PolicyState? = if (needsState) RuleState(tester, schedules) else null

    override fun deadlineNanos(
        state: PolicyState?,
        elapsed: Long,
        cancels: Boolean,
    ): Long = if (cancels && !limits.cancels) LONGEST_WAIT else limits.maxDuration

    override fun verdict(
        number: Int,
        elapsed: Long,
        failure: Throwable?,
        result: Any?,
        state: PolicyState?,
        random: Random,
    ): Long {
        // A part of `or` can decide again after its end: the result of an earlier tester no longer counts.
        (state as RuleState?)?.replacement = null
        val rule = if (failure != null) match(failure, state) ?: return PackedDecision.NOT_RETRYABLE else null
        if (failure == null && judgesResults && !guarded { rules.rejects(result) }) return PackedDecision.ACCEPTED
        if (number >= limits.attempts) return PackedDecision.EXHAUSTED
        val computed = computedWait(rule, number, state, random)
        if (computed == Backoff.ENDED) return PackedDecision.EXHAUSTED
        val wait = if (failure == null) delayAfter(result, computed) else delayAfter(failure, computed)
        if (PackedDecision.isStop(wait)) return wait
        // No attempt starts at or after the deadline, so no delay starts that would reach it.
        if (elapsed plusWait wait >= limits.maxDuration && hasDeadline) return PackedDecision.DEADLINE
        return wait
    }

    private fun match(
        failure: Throwable,
        state: RuleState?,
    ): FailureRule? {
        val rule = guarded { rules.match(failure) } ?: return null
        val tester = guarded { state?.tester() } ?: return rule
        state?.replacement =
            try {
                tester(failure.unwrapped())
            } catch (e: Throwable) {
                e
            }
        return rule.takeIf { state?.replacement == null }
    }

    private fun computedWait(
        rule: FailureRule?,
        number: Int,
        state: RuleState?,
        random: Random,
    ): Long {
        val used = rule?.schedule ?: schedule
        val memory = state?.memoryOf(used)
        val use = if (memory == null) number else memory.countUse()
        // The sequence of the delays and the random generator can be code of the user.
        return guarded { used.wait(use, memory, random) }
    }

    /** [computed], or what [failure] and `retryAfter` request instead. */
    private fun delayAfter(
        failure: Throwable,
        computed: Long,
    ): Long {
        val peeled = failure.unwrapped()
        val own = rules.hintOf(peeled)
        return guarded { hints.delay(computed, peeled, isFailure = true, own) }
    }

    /** [computed], or what [result] and `retryAfterResult` ask for instead. */
    private fun delayAfter(
        result: Any?,
        computed: Long,
    ): Long = guarded { hints.delay(computed, result, isFailure = false, result as? RetryHint) }

    override fun longestHint(refused: Long): Long = hints.longest

    override fun judgedBy(
        judge: Judge,
        returnsLast: Boolean,
    ): PolicyLogic =
        copy(
            rules =
                rules.copy(
                    unless = rules.unless + FailureRule(Throwable::class.java, predicate = { judge.objection(it) != null }),
                    onResult = rules.onResult + ResultRule({ true }, judge::rejects),
                ),
            ending = ending.copy(returnsLast = returnsLast),
        )

    override fun toString(): String = calls().joinToString(" ")
}

/** The state of a run for a [RulePolicy]. */
internal class RuleState(
    private val newTester: (() -> (Throwable) -> Throwable?)?,
    private val schedules: List<Schedule>,
) : PolicyState() {
    private var tester: ((Throwable) -> Throwable?)? = null
    override var replacement: Throwable? = null
    private val memories = ArrayList<Pair<Schedule, ScheduleMemory>>(1)

    /** The tester of this run, created on first use: its factory is code of the user and can throw. */
    fun tester(): ((Throwable) -> Throwable?)? = tester ?: newTester?.invoke()?.also { tester = it }

    /** A counter belongs to the schedule of a rule by identity: two rules with equal schedules count separately. */
    fun memoryOf(schedule: Schedule): ScheduleMemory =
        memories.firstOrNull { it.first === schedule }?.second ?: ScheduleMemory().also { memories += schedule to it }

    override fun save(numbers: MutableList<Long>): Unit = schedules.forEach { memoryOf(it).save(numbers) }

    override fun load(numbers: Iterator<Long>): Unit = schedules.forEach { memoryOf(it).load(numbers) }
}

/** Runs [code] of the user; what it throws is distinguished from the failure of the attempt. */
internal inline fun <T> guarded(code: () -> T): T =
    try {
        code()
    } catch (e: Throwable) {
        throw RuleFailedException(e)
    }
