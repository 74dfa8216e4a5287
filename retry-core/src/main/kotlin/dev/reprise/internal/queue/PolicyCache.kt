package dev.reprise.internal.queue

import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.internal.policy.FixedBackoff
import dev.reprise.internal.policy.RulePolicy

/** What an outcome says of a policy, in the two numbers Zato knows. */
internal class ZatoRetryFields(
    val repeats: Int?,
    val seconds: Double?,
) {
    companion object {
        fun of(notation: String): ZatoRetryFields =
            (PolicyCache.read(notation).logic as? RulePolicy)?.let(::of) ?: ZatoRetryFields(null, null)

        private fun of(policy: RulePolicy) =
            ZatoRetryFields(
                policy.limits.attempts.takeIf { it < Int.MAX_VALUE },
                (policy.schedule.backoff as? FixedBackoff)?.let { it.every / NANOS_PER_SECOND },
            )

        private const val NANOS_PER_SECOND = 1e9
    }
}

/** Policies as they are kept with calls, in their notation. Each is read once: thousands of calls share a few. */
internal object PolicyCache {
    private const val LARGEST = 1000
    private val read = java.util.concurrent.ConcurrentHashMap<String, RetryPolicy>()

    /**
     * How [policy] is written.
     *
     * @throws IllegalStateException if it holds code.
     * @throws IllegalArgumentException if only a stop or a budget ends it: neither is kept with a call.
     */
    fun write(policy: RetryPolicy): String {
        val notation = policy.notation()
        require(!policy.logic.needsEnd) {
            "nothing ends the calls of policy($notation): it was told in a retry { } that a stop or a budget ends, which no store keeps; " +
                "join it with a policy that ends, or say forever() where it is told"
        }
        return notation
    }

    /** The policy written as [notation]; the default one if it cannot be read here, as when it names a class that this program lacks. */
    fun read(notation: String): RetryPolicy {
        read[notation]?.let { return it }
        if (read.size >= LARGEST) read.clear()
        return parse(notation).also { read[notation] = it }
    }

    private fun parse(notation: String): RetryPolicy =
        try {
            RetryPolicy.parse(notation)
        } catch (e: RuntimeException) {
            unreadable(notation, e)
        } catch (e: LinkageError) {
            unreadable(notation, e)
        }

    private fun unreadable(
        notation: String,
        why: Throwable,
    ): RetryPolicy {
        queueLog.log(System.Logger.Level.WARNING, "policy '$notation' cannot be read here: its calls are retried by the default one", why)
        return RetryPolicies.durableDefault()
    }
}

internal val queueLog: System.Logger = System.getLogger("dev.reprise.queue")
