package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.compact
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Explanation
import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

/** How many retries of an endless schedule count for the totals. */
private const val FOLLOWED = 1_000

internal fun PolicyLogic.explained(): Explanation = Explanation((words() + totals()).joinToString("\n"), lints())

/** The policy in words, one sentence per line. */
private fun PolicyLogic.words(): List<String> =
    when (this) {
        is CombinedPolicy -> {
            listOf(heading()) + parts()
        }

        is RulePolicy -> {
            rules.words(tester != null) + waits() + limits.words(isEndless) + ending.words()
        }
    }

private fun CombinedPolicy.heading(): String =
    when (word) {
        "and" -> "Continues while both parts continue, with the longer delay:"
        "or" -> "Continues while either part continues, with the shorter delay:"
        else -> "The first part until one of its limits ends it, then the second part from its start:"
    }

private fun CombinedPolicy.parts(): List<String> =
    listOf(left, right).flatMap { part -> part.words().mapIndexed { i, line -> (if (i == 0) "- " else "  ") + line } }

private fun FailureRules.words(tested: Boolean): List<String> =
    buildList {
        add(if (on.isEmpty()) "Retries every exception." else on.joinToString(prefix = "Retries ", postfix = ".") { it.words() })
        if (unless.isNotEmpty()) add(unless.joinToString(prefix = "Never retries ", postfix = ".") { it.words() })
        if (onResult.isNotEmpty()) add("Retries results that match a condition.")
        if (tested) add("A tester checks each of these failures and can end the run.")
    }

private fun FailureRule.words(): String {
    val own = schedule?.let { " (waits ${it.words()})" }.orEmpty()
    val name = table?.let { "transient failures ($subject)" } ?: subject
    return name + (if (inCauses) " (also as a cause)" else "") + (if (predicate != null) " on a condition" else "") + own
}

private fun RulePolicy.waits(): List<String> =
    listOfNotNull(
        "Waits ${initialDelay.compact()} before the first attempt.".takeIf { initialDelay > 0 },
        if (schedule == Schedule.AT_ONCE) "Retries immediately." else "Waits ${schedule.words()}.",
    ) + hints.words()

private fun DelayHints.words(): List<String> =
    ofFailures.map { "A failure can set ${it.words()}." } + ofResults.map { "A rejected result can set ${it.words()}." } +
        listOfNotNull(
            "Gives up if the remote service asks for a delay of more than ${longest.compact()}.".takeIf { longest < LONGEST_WAIT },
        )

private fun HintReader.words(): String = if (replaces) "another delay, also a shorter one" else "a longer delay"

internal fun Schedule.words(): String {
    val most = if (backoff.ceiling < LONGEST_WAIT) ", within the cap" else ""
    return backoff.words() +
        when (spread) {
            is KindSpread -> spread.kind.words()
            is FactorSpread -> "; jitter adds or removes up to ${spread.factor.words()} times that$most"
            is RangeSpread -> "; jitter adds or removes up to ${spread.range.compact()}$most"
            is FloorSpread -> ""
        }
}

private fun Jitter.words(): String =
    when (this) {
        Jitter.NONE -> ""
        Jitter.FULL -> "; jitter takes between zero and that"
        Jitter.EQUAL -> "; jitter takes between half of that and all of it"
        Jitter.DECORRELATED -> "; jitter takes between the base and three times the previous delay"
    }

private fun Backoff.words(): String {
    val most = if (cap < LONGEST_WAIT) ", at most ${cap.compact()}" else ""
    return when (this) {
        is FixedBackoff -> "${every.compact()} each time"
        is UniformBackoff -> "a random delay between ${min.compact()} and ${max.compact()} each time"
        is ExponentialBackoff -> "${base.compact()}, then ${factor.words()} times as long each time$most"
        is LinearBackoff -> "${base.compact()}, then ${step.compact()} longer each time$most"
        is FibonacciBackoff -> "${base.compact()} times 1, 1, 2, 3, 5, 8 …$most"
        is ListedBackoff -> waits.joinToString { it.compact() }
        is SequenceBackoff -> "what a sequence returns"
    }
}

private fun Limits.words(endless: Boolean): List<String> =
    listOfNotNull(
        "Makes at most ${callsOf(attempts)}, including the first.".takeIf { attempts < Int.MAX_VALUE },
        "Ends after ${maxDuration.compact()}.".takeIf { maxDuration < LONGEST_WAIT && cancels },
        "Starts no attempt after ${maxDuration.compact()}; one that is running then can finish.".takeIf { !cancels },
        "Retries without limit.".takeIf { endless },
        "Cancels an attempt after ${attemptTimeout.compact()}.".takeIf { attemptTimeout < LONGEST_WAIT },
    )

private fun Ending.words(): List<String> =
    listOfNotNull(
        "Throws the first failure.".takeIf { rethrow == Rethrow.FIRST },
        "Returns the last result, even if it is rejected.".takeIf { returnsLast },
    )

/** The first delays and the totals of a run in which every attempt fails immediately. */
private fun PolicyLogic.totals(): List<String> {
    val run = simulated(LongestDelays, FOLLOWED, Duration.ZERO, AnyFailure())
    val spread = run.delays != simulated(ShortestDelays, run.delays.size, Duration.ZERO, AnyFailure()).delays
    val first = run.delays.take(8).joinToString(postfix = if (run.delays.size > 8) " …" else ".") { it.toWaitNanos().compact() }
    val caveat = if (spread) ", with the longest delays" else ""
    val sum = "${callsOf(run.attempts)}, ${run.totalDelay.rounded().toWaitNanos().compact()} of delays, then ${run.stopReason}"
    return listOfNotNull(
        "First delays${if (spread) ", at their longest" else ""}: $first".takeIf { run.delays.isNotEmpty() },
        if (run.isTruncated) "After $FOLLOWED retries it still continues." else "In total: $sum$caveat.",
    )
}

/** To the second, if it is longer than a minute. */
private fun Duration.rounded(): Duration =
    if (this < 1.minutes || this >= LONGEST_WAIT.nanoseconds) this else (this + 500.milliseconds).inWholeSeconds.seconds

private fun Double.words(): String = toBigDecimal().stripTrailingZeros().toPlainString()

private fun callsOf(n: Int): String = if (n == 1) "1 call" else "$n calls"
