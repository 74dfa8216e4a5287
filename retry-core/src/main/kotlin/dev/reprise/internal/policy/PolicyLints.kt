package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.compact
import dev.reprise.internal.util.plusWait
import dev.reprise.policy.Lint
import dev.reprise.policy.Lint.Kind
import kotlin.time.Duration

/** What looks like a mistake in this policy or in its parts. */
internal fun PolicyLogic.lints(): List<Lint> =
    when (this) {
        is RulePolicy -> shadowed() + forbidden() + schedules.mapNotNull(::capNeverReached) + endings()

        // The other part may be the one that waits.
        is JoinedPolicy -> (left.lints() + right.lints()).filter { it.kind != Kind.NO_WAIT || join == Join.Or }

        is ThenPolicy -> left.lints() + right.lints() + listOfNotNull(partNeverReached())
    }

/** The schedule of the policy and those that rules have of their own. */
private val RulePolicy.schedules: List<Schedule> get() = listOf(schedule) + rules.on.mapNotNull { it.schedule }

private fun RulePolicy.endings(): List<Lint> = listOfNotNull(tooLateToRetry(), noWait(), idleTimeout(), unusedDelays())

private fun RulePolicy.shadowed(): List<Lint> =
    rules.on.flatMapIndexed { index, later ->
        val earlier = rules.on.take(index).firstOrNull { it.takesAllOf(later) } ?: return@flatMapIndexed emptyList()
        listOf(Lint(Kind.RULE_SHADOWED, "on(${later.type.name}) is never asked: on(${earlier.type.name}) stands before it"))
    }

private fun RulePolicy.forbidden(): List<Lint> =
    rules.on.mapNotNull { on ->
        val wins = rules.unless.firstOrNull { it.includes(on) } ?: return@mapNotNull null
        Lint(Kind.RULE_FORBIDDEN, "on(${on.type.name}) retries nothing: unless(${wins.type.name}) covers it")
    }

/** True if a failure that [later] allows is allowed by this rule. */
private fun FailureRule.takesAllOf(later: FailureRule): Boolean = includes(later) && (namesErrors || !later.namesErrors)

/** True if every failure that [other] means is meant by this rule. */
private fun FailureRule.includes(other: FailureRule): Boolean =
    predicate == null && type.isAssignableFrom(other.type) && (inCauses || !other.inCauses)

/** Looks at the run with the shortest waits: no other gets as far. */
private fun RulePolicy.capNeverReached(used: Schedule): Lint? {
    val backoff = used.backoff
    if (backoff is FixedBackoff || backoff is ListedBackoff || backoff.cap == LONGEST_WAIT) return null
    val run =
        copy(
            rules = FailureRules(),
            schedule = used,
            hint = null,
            tester = null,
        ).simulated(ShortestDelays, retries = 1_000, Duration.ZERO, AnyFailure())
    val uses = if (run.goesOn) Int.MAX_VALUE else run.delays.size
    val longest = if (uses > 0) backoff.nanos(uses) else 0
    if (longest >= backoff.cap) return null
    return Lint(Kind.CAP_NEVER_REACHED, "max=${backoff.cap.compact()} is never reached: the longest wait is ${longest.compact()}")
}

private fun RulePolicy.tooLateToRetry(): Lint? {
    val first =
        schedules.filter { it.backoff !is SequenceBackoff }.maxOfOrNull { it.wait(1, ScheduleMemory(), LongestDelays) } ?: return null
    if (!hasDeadline || limits.attempts == 1 || initialDelay plusWait first < limits.within) return null
    val reaches = "the first wait of ${first.compact()} reach"
    val why = if (initialDelay > 0) "initialDelay(${initialDelay.compact()}) and $reaches it" else "${reaches}es it"
    val message = "within(${limits.within.compact()}) may end the run before the first retry: $why"
    return Lint(Kind.DEADLINE_BEFORE_FIRST_RETRY, message)
}

private fun RulePolicy.noWait(): Lint? {
    if (limits.attempts < Int.MAX_VALUE || hint != null || schedules.none { it.backoff == FixedBackoff(0) }) return null
    return Lint(Kind.NO_WAIT, "the number of attempts is not limited and nothing is waited between them: say every, exponential …")
}

private fun RulePolicy.idleTimeout(): Lint? {
    if (!hasDeadline || limits.attemptTimeout == LONGEST_WAIT || limits.attemptTimeout < limits.within) return null
    val message = "attemptTimeout(${limits.attemptTimeout.compact()}) never cuts: within(${limits.within.compact()}) comes first"
    return Lint(Kind.ATTEMPT_TIMEOUT_IDLE, message)
}

private fun RulePolicy.unusedDelays(): Lint? {
    val listed = schedule.backoff.size ?: return null
    val used = limits.attempts - 1
    if (listed <= used) return null
    return Lint(Kind.DELAYS_UNUSED, "delays lists $listed waits, but maxAttempts(${limits.attempts}) uses $used")
}

private fun ThenPolicy.partNeverReached(): Lint? {
    if ((left as? RulePolicy)?.isEndless != true) return null
    return Lint(Kind.PART_NEVER_REACHED, "what follows 'then' is never reached: $left has no limit")
}
