package dev.reprise

import dev.reprise.internal.engine.PolicySource
import dev.reprise.internal.engine.RunConfig
import dev.reprise.internal.policy.Judge
import dev.reprise.internal.policy.PolicyLogic

/** This retry for attempts that [judge] judges before its policy does; with [returnsLast] a run that gives up on a result returns it. */
internal fun Retry.judgedBy(
    judge: Judge,
    returnsLast: Boolean,
): Retry {
    val source = config.source?.let { JudgedSource(it, judge, returnsLast) }
    val logic = source?.current ?: policy.logic.judgedBy(judge, returnsLast)
    val judged =
        RunConfig(
            logic,
            config.stops,
            config.budgets,
            config.listeners,
            config.nestedRetries,
            config.random,
            config.timeSource,
            config.timer,
            config.name,
            config.abandonsCancelled,
            source,
            judge,
            config.carriers,
        )
    return Retry(RetryPolicy(logic), judged)
}

/** The current policy of [source], judged; the same object until it is replaced. */
private class JudgedSource(
    private val source: PolicySource,
    private val judge: Judge,
    private val returnsLast: Boolean,
) : PolicySource {
    @Volatile
    private var last: Pair<PolicyLogic, PolicyLogic>? = null

    override val current: PolicyLogic
        get() {
            val now = source.current
            val known = last
            if (known?.first === now) return known.second
            return now.judgedBy(judge, returnsLast).also { last = now to it }
        }
}
