package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.compact
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Explanation
import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import kotlin.time.Duration

/** How far an endless schedule is followed for its totals. */
private const val FOLLOWED = 1_000

internal fun PolicyLogic.explained(): Explanation = Explanation((words() + totals()).joinToString("\n"), lints())

/** What the policy says, a sentence a line. */
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
        "and" -> "Goes on while both do, with the longer wait:"
        "or" -> "Goes on while either does, with the shorter wait:"
        else -> "The first until a limit ends it, then the second from its beginning:"
    }

private fun CombinedPolicy.parts(): List<String> =
    listOf(left, right).flatMap { part -> part.words().mapIndexed { i, line -> (if (i == 0) "- " else "  ") + line } }

private fun FailureRules.words(tested: Boolean): List<String> =
    buildList {
        add(if (on.isEmpty()) "Retries any exception." else on.joinToString(prefix = "Retries ", postfix = ".") { it.words() })
        if (unless.isNotEmpty()) add(unless.joinToString(prefix = "Never retries ", postfix = ".") { it.words() })
        if (onResult.isNotEmpty()) add("Retries results that a condition rejects.")
        if (tested) add("A tester sees each of these failures and may end the run.")
    }

private fun FailureRule.words(): String {
    val own = schedule?.let { " (waits ${it.words()})" }.orEmpty()
    return type.name + (if (inCauses) " (also as a cause)" else "") + (if (predicate != null) " on a condition" else "") + own
}

private fun RulePolicy.waits(): List<String> =
    listOfNotNull(
        "Waits ${initialDelay.compact()} before the first attempt.".takeIf { initialDelay > 0 },
        if (schedule == Schedule.AT_ONCE) "Retries at once." else "Waits ${schedule.words()}.",
        "A failure may ask for a longer wait.".takeIf { hint != null },
    )

internal fun Schedule.words(): String {
    val spread =
        when (jitter) {
            Jitter.None -> ""
            Jitter.Full -> "; each wait is anything up to that"
            Jitter.Equal -> "; each wait is at least half of that"
            Jitter.Decorrelated -> "; each wait is anything from the first to three times the one before"
        }
    return backoff.words() + spread
}

private fun Backoff.words(): String {
    val most = if (cap < LONGEST_WAIT) ", at most ${cap.compact()}" else ""
    return when (this) {
        is FixedBackoff -> "${every.compact()} each time"
        is ExponentialBackoff -> "${base.compact()}, then $factor times as long each time$most"
        is LinearBackoff -> "${base.compact()}, then ${step.compact()} longer each time$most"
        is FibonacciBackoff -> "${base.compact()} times 1, 1, 2, 3, 5, 8 …$most"
        is ListedBackoff -> waits.joinToString { it.compact() }
        is SequenceBackoff -> "what a sequence yields"
    }
}

private fun Limits.words(endless: Boolean): List<String> =
    listOfNotNull(
        "Makes ${callsOf(attempts)} at most, the first included.".takeIf { attempts < Int.MAX_VALUE },
        "Ends within ${within.compact()}.".takeIf { within < LONGEST_WAIT },
        "Goes on for ever.".takeIf { endless },
        "Cuts an attempt after ${attemptTimeout.compact()}.".takeIf { attemptTimeout < LONGEST_WAIT },
    )

private fun Ending.words(): List<String> =
    listOfNotNull(
        "Throws the first failure.".takeIf { rethrow == Rethrow.First },
        "Returns the last result, though it was rejected.".takeIf { returnsLast },
    )

/** The first waits and the sums of a run in which every attempt fails at once. */
private fun PolicyLogic.totals(): List<String> {
    val run = simulated(LongestDelays, FOLLOWED, Duration.ZERO, AnyFailure())
    val spread = run.delays != simulated(ShortestDelays, run.delays.size, Duration.ZERO, AnyFailure()).delays
    val first = run.delays.take(8).joinToString(postfix = if (run.delays.size > 8) " …" else ".") { it.toWaitNanos().compact() }
    val caveat = if (spread) ", if the waits are at their longest" else ""
    val sum = "${callsOf(run.attempts)}, ${run.totalWait.toWaitNanos().compact()} of waiting, then ${run.stop}"
    return listOfNotNull(
        "First waits${if (spread) ", at their longest" else ""}: $first".takeIf { run.delays.isNotEmpty() },
        if (run.goesOn) "After $FOLLOWED retries it still goes on." else "In all: $sum$caveat.",
    )
}

private fun callsOf(n: Int): String = if (n == 1) "1 call" else "$n calls"
