package dev.reprise.internal.queue

import dev.reprise.RetryPolicy
import dev.reprise.queue.spi.StoredCall
import java.util.concurrent.ConcurrentHashMap

/**
 * The policies of the calls of one queue, by their notation: thousands of calls share a few. The policies of its own callers are known as
 * they are; the others are parsed, with the classes of [handlerLoader] first and those of [applicationLoader] next.
 */
internal class PolicyCache(
    private val applicationLoader: ClassLoader?,
    private val handlerLoader: (handler: String) -> ClassLoader?,
) {
    private val known = ConcurrentHashMap<String, RetryPolicy>()
    private val reported = ConcurrentHashMap.newKeySet<String>()

    /**
     * Returns the notation of [policy].
     *
     * @throws IllegalStateException if it holds code.
     * @throws IllegalArgumentException if only a stop or a budget ends it: neither is stored with a call.
     */
    fun write(policy: RetryPolicy): String = notationOf(policy).also { remember(it, policy) }

    /** Returns the policy of [call]; null if this process cannot parse it, for example because it lacks a class. That is tried again each time. */
    fun find(call: StoredCall): RetryPolicy? {
        val notation = call.request.policy
        known[notation]?.let { return it }
        return parse(notation, call.handler)?.also { remember(notation, it) }
    }

    /** Why the policy of [call] cannot be parsed; null if it can. */
    fun problem(call: StoredCall): String? =
        if (find(call) != null) null else failureOf(call.request.policy, applicationLoader)?.message ?: "it cannot be parsed"

    private fun remember(
        notation: String,
        policy: RetryPolicy,
    ) {
        if (known.size >= LARGEST) known.clear()
        known[notation] = policy
    }

    private fun parse(
        notation: String,
        handler: String,
    ): RetryPolicy? {
        val loaders = listOf(handlerLoader(handler), applicationLoader, Thread.currentThread().contextClassLoader).distinct()
        for (loader in loaders) {
            val parsed = runCatching { RetryPolicy.parse(notation, loader) }
            parsed.onSuccess { return it }.onFailure { if (it !is RuntimeException && it !is LinkageError) throw it }
        }
        report(notation, failureOf(notation, loaders.first()))
        return null
    }

    private fun failureOf(
        notation: String,
        loader: ClassLoader?,
    ): Throwable? = runCatching { RetryPolicy.parse(notation, loader) }.exceptionOrNull()

    private fun report(
        notation: String,
        why: Throwable?,
    ) {
        if (reported.size >= LARGEST) reported.clear()
        if (!reported.add(notation)) return
        queueLog.log(System.Logger.Level.WARNING, "cannot parse the policy '$notation'; its calls are left to other workers", why)
    }

    companion object {
        private const val LARGEST = 1000

        /** Returns the notation of [policy]; throws as [write] does. */
        fun notationOf(policy: RetryPolicy): String {
            val notation = policy.notation()
            require(!policy.logic.needsEnd) {
                "nothing ends the calls of the policy $notation: a stop or a budget is not stored with a call; " +
                    "combine it with a policy that ends, or add forever()"
            }
            return notation
        }
    }
}
