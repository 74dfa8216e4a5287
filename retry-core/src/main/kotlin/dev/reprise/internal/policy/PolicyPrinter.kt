package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.compact
import dev.reprise.policy.Rethrow

/*
 * How a policy prints itself: the calls of its builder, separated by spaces, in a fixed order, whatever order they were configured in;
 * defaults are left out. PolicyParser parses it.
 */

/** Replaces code in the notation. */
internal const val CODE: String = "{…}"

/** The calls that build this policy; one that holds code contains [CODE]. */
internal fun RulePolicy.calls(): List<String> =
    buildList {
        if (schedule != Schedule.AT_ONCE) addAll(schedule.calls())
        if (initialDelay > 0) add("initialDelay(${initialDelay.compact()})")
        addAll(hints.calls())
        addAll(limits.calls())
        if (isEndless) add("forever")
        rules.on.mapTo(this) { it.call("on") }
        rules.unless.mapTo(this) { it.call("unless") }
        rules.onResult.mapTo(this) { "onResult$CODE" }
        if (tester != null) add("failureTester$CODE")
        if (ending.rethrow != Rethrow.LAST) add("rethrow(${ending.rethrow.name.lowercase()})")
        if (ending.returnsLast) add("returnLastResult")
    }

/** True if the policy sets no limit: it was configured so, or something outside of it ends its runs. */
internal val RulePolicy.isEndless: Boolean
    get() = limits.attempts == Int.MAX_VALUE && !hasDeadline && schedule.backoff.size == null && schedule.backoff !is SequenceBackoff

internal fun Schedule.calls(): List<String> = listOfNotNull(backoff.call(), spread.call().takeIf { spread != backoff.defaultSpread })

private fun Spread.call(): String? =
    when (this) {
        is KindSpread -> callOf("jitter", kind.name.lowercase())
        is FactorSpread -> callOf("jitter", "$factor")
        is RangeSpread -> callOf("jitter", range.compact())
        is FloorSpread -> null
    }

private fun Backoff.call(): String =
    when (this) {
        is FixedBackoff -> callOf("every", every.compact())
        is UniformBackoff -> callOf("uniform", min.compact(), max.compact())
        is ExponentialBackoff -> callOf("exponential", base.compact(), "factor=$factor".takeIf { factor != 2.0 }, maxOf(cap))
        is LinearBackoff -> callOf("linear", base.compact(), "step=${step.compact()}".takeIf { step != base }, maxOf(cap))
        is FibonacciBackoff -> callOf("fibonacci", base.compact(), maxOf(cap))
        is ListedBackoff -> waits.joinToString(prefix = "delays(", postfix = ")") { it.compact() }
        is SequenceBackoff -> "delays$CODE"
    }

private fun maxOf(cap: Long): String? = "max=${cap.compact()}".takeIf { cap < LONGEST_WAIT }

private fun DelayHints.calls(): List<String> =
    ofFailures.map { it.call("retryAfter") } + ofResults.map { it.call("retryAfterResult") } +
        listOfNotNull("maxRetryAfter(${longest.compact()})".takeIf { longest < LONGEST_WAIT })

private fun HintReader.call(name: String): String = name + (if (replaces) "(replace)" else "") + CODE

private fun Limits.calls(): List<String> =
    listOfNotNull(
        "maxAttempts($attempts)".takeIf { attempts < Int.MAX_VALUE },
        callOf("maxDuration", maxDuration.compact(), "cancel=false".takeIf { !cancels }).takeIf { maxDuration < LONGEST_WAIT },
        "attemptTimeout(${attemptTimeout.compact()})".takeIf { attemptTimeout < LONGEST_WAIT },
    )

private fun FailureRule.call(word: String): String {
    val waits = schedule?.calls()?.joinToString(" ", prefix = "schedule=")
    return callOf(word, quoted(subject), "inCauses".takeIf { inCauses }, waits) + if (predicate != null) CODE else ""
}

/** Kotlin allows nearly any character in the name of a class, such as one that is local to a test with a sentence as its name. */
private fun quoted(name: String): String = if (name.all(::isOfWord)) name else "`$name`"

private fun callOf(
    name: String,
    vararg arguments: String?,
): String = arguments.filterNotNull().joinToString(prefix = "$name(", postfix = ")")
