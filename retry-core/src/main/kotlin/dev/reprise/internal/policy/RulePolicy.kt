package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.peeled
import dev.reprise.internal.util.plusWait
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Rethrow
import kotlin.random.Random
import kotlin.time.Duration

/** When a run gives up. [attempts] counts all calls; [within] is in nanoseconds from the start of the run. */
internal data class Limits(
    val attempts: Int = Int.MAX_VALUE,
    val within: Long = LONGEST_WAIT,
    val attemptTimeout: Long = LONGEST_WAIT,
)

/** How a run that gave up ends for its caller. */
internal data class Ending(
    val rethrow: Rethrow = Rethrow.Last,
    val returnsLast: Boolean = false,
)

/** A policy as the builder makes it: rules, schedule, limits. */
internal data class RulePolicy(
    val rules: FailureRules,
    val schedule: Schedule,
    val initialDelay: Long,
    val hint: ((Throwable) -> Duration?)?,
    val tester: (() -> (Throwable) -> Throwable?)?,
    val limits: Limits,
    val ending: Ending,
) : PolicyLogic() {
    override val initialDelayNanos: Long get() = initialDelay
    override val attemptTimeoutNanos: Long get() = limits.attemptTimeout
    override val rethrow: Rethrow get() = ending.rethrow
    override val returnsLast: Boolean get() = ending.returnsLast
    override val judgesResults: Boolean = rules.onResult.isNotEmpty()
    override val hasDeadline: Boolean get() = limits.within < LONGEST_WAIT
    override val code: List<String> get() = calls().filter { CODE in it }
    override var needsEnd: Boolean = false
        private set

    /** The common one, then those of the rules that have their own. */
    private val schedules = listOf(schedule) + rules.on.mapNotNull { it.schedule }
    private val hasOwnSchedules = rules.on.any { it.schedule != null }
    private val needsState = hasOwnSchedules || schedule.needsMemory || tester != null

    /** Marks a policy of which nobody has said that it is to go on forever. It prints, and is equal, as if somebody had. */
    fun needingEnd(): RulePolicy = apply { needsEnd = true }

    override fun newState(): PolicyState? = if (needsState) RuleState(tester, schedules) else null

    override fun deadlineNanos(
        state: PolicyState?,
        elapsed: Long,
    ): Long = limits.within

    override fun verdict(
        number: Int,
        elapsed: Long,
        failure: Throwable?,
        result: Any?,
        state: PolicyState?,
        random: Random,
    ): Long {
        // Asked again, as a part of `or` may be after its end, it says nothing of what a tester said before.
        (state as RuleState?)?.replacement = null
        val rule = if (failure != null) match(failure, state) ?: return PackedDecision.ABORTED else null
        if (failure == null && judgesResults && !guarded { rules.rejects(result) }) return PackedDecision.ACCEPTED
        if (number >= limits.attempts) return PackedDecision.EXHAUSTED
        val computed = computedWait(rule, number, state, random)
        if (computed == Backoff.ENDED) return PackedDecision.EXHAUSTED
        val wait = if (failure == null) computed else maxOf(computed, hinted(failure))
        // No attempt starts at or after the deadline, so a wait that would reach it is not begun.
        if (elapsed plusWait wait >= limits.within && hasDeadline) return PackedDecision.DEADLINE
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
                tester(failure)
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
        // The sequence of the waits and the random may be the user's.
        return guarded { used.wait(use, memory, random) }
    }

    /** What the failure, or the user's reading of it, says about the wait; zero if nothing. */
    private fun hinted(failure: Throwable): Long {
        val peeled = failure.peeled()
        val own = rules.hintOf(peeled)?.let { guarded { it.retryAfter } }
        val read = hint?.let { guarded { it(peeled) } }
        return maxOf(own?.toWaitNanos() ?: 0, read?.toWaitNanos() ?: 0)
    }

    override fun toString(): String = calls().joinToString(" ")
}

/** What a run remembers for a [RulePolicy]. */
internal class RuleState(
    private val newTester: (() -> (Throwable) -> Throwable?)?,
    private val schedules: List<Schedule>,
) : PolicyState() {
    private var tester: ((Throwable) -> Throwable?)? = null
    override var replacement: Throwable? = null
    private val memories = ArrayList<Pair<Schedule, ScheduleMemory>>(1)

    /** The tester of this run, made when it is first asked: making it is code of the user's, which may throw. */
    fun tester(): ((Throwable) -> Throwable?)? = tester ?: newTester?.invoke()?.also { tester = it }

    /** Counters belong to a rule's schedule by identity: two rules with equal schedules count apart. */
    fun memoryOf(schedule: Schedule): ScheduleMemory =
        memories.firstOrNull { it.first === schedule }?.second ?: ScheduleMemory().also { memories += schedule to it }

    override fun save(numbers: MutableList<Long>): Unit = schedules.forEach { memoryOf(it).save(numbers) }

    override fun load(numbers: Iterator<Long>): Unit = schedules.forEach { memoryOf(it).load(numbers) }
}

/** Runs the user's [code]; whatever it throws is told apart from the failure that is being judged. */
internal inline fun <T> guarded(code: () -> T): T =
    try {
        code()
    } catch (e: Throwable) {
        throw RuleFailedException(e)
    }
