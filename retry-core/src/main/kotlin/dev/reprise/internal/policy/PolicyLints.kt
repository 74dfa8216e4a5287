package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.compact
import dev.reprise.internal.util.plusWait
import dev.reprise.policy.Lint
import dev.reprise.policy.Lint.Kind
import kotlin.time.Duration

/** Probable mistakes in this policy and its parts. */
internal fun PolicyLogic.lints(): List<Lint> =
    when (this) {
        is RulePolicy -> shadowed() + forbidden() + schedules.mapNotNull(::capNeverReached) + endings()

        // In `and`, the delay can come from the other part.
        is JoinedPolicy -> (left.lints() + right.lints()).filter { it.kind != Kind.NO_DELAY || join == Join.Or }

        is ThenPolicy -> left.lints() + right.lints() + listOfNotNull(partNeverReached())
    }

/** The schedule of the policy and those of its rules. */
private val RulePolicy.schedules: List<Schedule> get() = listOf(schedule) + rules.on.mapNotNull { it.schedule }

private fun RulePolicy.endings(): List<Lint> = listOfNotNull(tooLateToRetry(), noWait(), idleTimeout(), unusedDelays())

private fun RulePolicy.shadowed(): List<Lint> =
    rules.on.flatMapIndexed { index, later ->
        val earlier = rules.on.take(index).firstOrNull { it.takesAllOf(later) } ?: return@flatMapIndexed emptyList()
        listOf(
            Lint(Kind.RULE_SHADOWED, "on(${later.subject}) never applies: on(${earlier.subject}) before it matches the same failures"),
        )
    }

private fun RulePolicy.forbidden(): List<Lint> =
    rules.on.mapNotNull { on ->
        val wins = rules.unless.firstOrNull { it.includes(on) } ?: return@mapNotNull null
        Lint(Kind.RULE_FORBIDDEN, "on(${on.subject}) retries nothing: unless(${wins.subject}) matches all of its failures")
    }

/** True if this rule matches every failure that [later] matches. */
private fun FailureRule.takesAllOf(later: FailureRule): Boolean = includes(later) && (namesErrors || !later.namesErrors)

/** True if the types and causes of this rule include those of [other]. */
private fun FailureRule.includes(other: FailureRule): Boolean =
    predicate == null && (table == null || table == other.table) && type.isAssignableFrom(other.type) && (inCauses || !other.inCauses)

/** Checks the run with the shortest delays, which makes the most attempts. */
private fun RulePolicy.capNeverReached(used: Schedule): Lint? {
    val backoff = used.backoff
    if (backoff is FixedBackoff || backoff is ListedBackoff || backoff.cap == LONGEST_WAIT) return null
    val run =
        copy(
            rules = FailureRules(),
            schedule = used,
            hints = DelayHints.NONE,
            tester = null,
        ).simulated(ShortestDelays, retries = 1_000, Duration.ZERO, AnyFailure())
    val uses = if (run.isTruncated) Int.MAX_VALUE else run.delays.size
    val longest = if (uses > 0) backoff.nanos(uses) else 0
    if (longest >= backoff.cap) return null
    return Lint(Kind.CAP_NEVER_REACHED, "max=${backoff.cap.compact()} is never reached: the longest delay is ${longest.compact()}")
}

private fun RulePolicy.tooLateToRetry(): Lint? {
    val first =
        schedules.filter { it.backoff !is SequenceBackoff }.maxOfOrNull { it.wait(1, ScheduleMemory(), LongestDelays) } ?: return null
    if (!hasDeadline || limits.attempts == 1 || initialDelay plusWait first < limits.maxDuration) return null
    val reaches = "the first delay of ${first.compact()} reach"
    val why = if (initialDelay > 0) "initialDelay(${initialDelay.compact()}) and $reaches it" else "${reaches}es it"
    val message = "maxDuration(${limits.maxDuration.compact()}) can end the run before the first retry: $why"
    return Lint(Kind.DEADLINE_BEFORE_FIRST_RETRY, message)
}

private fun RulePolicy.noWait(): Lint? {
    if (limits.attempts < Int.MAX_VALUE || hints.isRead || schedules.none { it.backoff == FixedBackoff(0) }) return null
    return Lint(Kind.NO_DELAY, "attempts have no limit and no delay between them; add every, exponential, linear, fibonacci or delays")
}

private fun RulePolicy.idleTimeout(): Lint? {
    if (!hasDeadline || !limits.cancels || limits.attemptTimeout == LONGEST_WAIT || limits.attemptTimeout < limits.maxDuration) return null
    val first = "maxDuration(${limits.maxDuration.compact()}) comes first"
    return Lint(Kind.ATTEMPT_TIMEOUT_IDLE, "attemptTimeout(${limits.attemptTimeout.compact()}) has no effect: $first")
}

private fun RulePolicy.unusedDelays(): Lint? {
    val listed = schedule.backoff.size ?: return null
    val used = limits.attempts - 1
    if (listed <= used) return null
    return Lint(Kind.DELAYS_UNUSED, "delays lists $listed delays, but maxAttempts(${limits.attempts}) uses $used")
}

private fun ThenPolicy.partNeverReached(): Lint? {
    if ((left as? RulePolicy)?.isEndless != true) return null
    return Lint(Kind.PART_NEVER_REACHED, "the part after 'then' is never reached: $left has no limit")
}
