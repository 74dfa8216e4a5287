package dev.reprise.internal.engine

import dev.reprise.internal.policy.Judge
import dev.reprise.internal.policy.PolicyLogic

/** These settings for attempts that [judge] judges before the policy does; with [returnsLast] a run that gives up on a result returns it. */
internal fun RunConfig.judgedBy(
    judge: Judge,
    returnsLast: Boolean,
): RunConfig {
    val judged = source?.let { JudgedSource(it, judge, returnsLast) }
    return with(judged?.current ?: policy.judgedBy(judge, returnsLast), judged, judge)
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
