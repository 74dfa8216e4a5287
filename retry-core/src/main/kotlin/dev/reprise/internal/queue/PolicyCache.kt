package dev.reprise.internal.queue

import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import java.util.concurrent.ConcurrentHashMap

/** The policies of calls, by their notation. Each notation is parsed once: thousands of calls share a few. */
internal object PolicyCache {
    private const val LARGEST = 1000
    private val read = ConcurrentHashMap<String, RetryPolicy>()

    /**
     * Returns the notation of [policy].
     *
     * @throws IllegalStateException if it holds code.
     * @throws IllegalArgumentException if only a stop or a budget ends it: neither is stored with a call.
     */
    fun write(policy: RetryPolicy): String {
        val notation = policy.notation()
        require(!policy.logic.needsEnd) {
            "nothing ends the calls of the policy $notation: a stop or a budget is not stored with a call; " +
                "combine it with a policy that ends, or add forever()"
        }
        return notation
    }

    /** Returns the policy of [notation]; the default one if this program cannot parse it, for example because it lacks a class. */
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
        queueLog.log(System.Logger.Level.WARNING, "cannot parse the policy '$notation'; its calls are retried by the default policy", why)
        return RetryPolicies.durableDefault()
    }
}
