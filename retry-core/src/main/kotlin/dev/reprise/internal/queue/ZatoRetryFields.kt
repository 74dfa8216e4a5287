package dev.reprise.internal.queue

import dev.reprise.RetryPolicy
import dev.reprise.internal.policy.FixedBackoff
import dev.reprise.internal.policy.RulePolicy

/** The two numbers that an outcome has for a policy, as in Zato. */
internal class ZatoRetryFields(
    val repeats: Int?,
    val seconds: Double?,
) {
    companion object {
        /** The fields of [policy]; without values if it is null or another kind of policy. */
        fun of(policy: RetryPolicy?): ZatoRetryFields = (policy?.logic as? RulePolicy)?.let(::of) ?: ZatoRetryFields(null, null)

        private fun of(policy: RulePolicy) =
            ZatoRetryFields(
                policy.limits.attempts.takeIf { it < Int.MAX_VALUE },
                (policy.schedule.backoff as? FixedBackoff)?.let { it.every / NANOS_PER_SECOND },
            )

        private const val NANOS_PER_SECOND = 1e9
    }
}
