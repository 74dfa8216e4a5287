package dev.reprise

import dev.reprise.internal.engine.PolicySource
import dev.reprise.internal.policy.PolicyLogic
import dev.reprise.policy.RetryPolicyParseException

/**
 * Policies by name, as a configuration file has them: an object that is passed to the code that uses them; there is no global one.
 *
 * ```
 * val policies = NamedPolicies.parse(mapOf("prices" to "exponential(100ms, max=2s) maxAttempts(4) on(java.io.IOException)"))
 * val prices = policies.retry("prices")
 * ```
 *
 * A policy can be [replaced][replace] at any time: runs that have started keep theirs, later ones use the new one. Thread-safe.
 */
public class NamedPolicies private constructor(
    private val policies: Map<String, NamedPolicy>,
    private val classLoader: ClassLoader?,
) {
    private val retries = policies.keys.associateWith { name -> retry { policy(this@NamedPolicies, name) } }

    /** The names, in the order in which they were passed to [parse]. */
    public val names: Set<String> get() = policies.keys

    /**
     * Returns the policy that has this [name] now.
     *
     * @throws IllegalArgumentException if there is no such name; the message lists the names.
     */
    public fun policy(name: String): RetryPolicy = named(name).policy

    /**
     * Returns a [Retry] that looks the policy up whenever a run starts; always the same object for a name. Its events carry the name. To add
     * stop signals or listeners, use [Retry.with], or set `policy(policies, name)` in a builder.
     *
     * @throws IllegalArgumentException if there is no such name; the message lists the names.
     */
    public fun retry(name: String): Retry = retries.getValue(named(name).name)

    /**
     * Replaces the policy that has this [name]. Runs that have started keep theirs.
     *
     * @throws IllegalArgumentException if there is no such name.
     * @throws RetryPolicyParseException if [notation] cannot be parsed; the policy then stays.
     */
    public fun replace(
        name: String,
        notation: String,
    ) {
        named(name).policy = RetryPolicy.parse(notation, classLoader)
    }

    internal fun named(name: String): NamedPolicy =
        requireNotNull(policies[name]) {
            val known = if (policies.isEmpty()) "there are no policies" else "the names are ${names.joinToString()}"
            "no policy is named '$name'; $known"
        }

    override fun toString(): String = policies.values.joinToString(prefix = "NamedPolicies(", postfix = ")") { "${it.name}: ${it.policy}" }

    public companion object {
        /**
         * Parses [policies], which maps names to notations, see [RetryPolicy.parse]. Classes are loaded from [classLoader] (default: the context
         * class loader of the thread).
         *
         * @throws IllegalArgumentException if names or notations are wrong; the message lists all mistakes with their names, and the exception of
         * each is suppressed.
         */
        @JvmStatic
        @JvmOverloads
        public fun parse(
            policies: Map<String, String>,
            classLoader: ClassLoader? = Thread.currentThread().contextClassLoader,
        ): NamedPolicies {
            val mistakes = LinkedHashMap<String, IllegalArgumentException>()
            val parsed = LinkedHashMap<String, NamedPolicy>()
            for ((name, notation) in policies) {
                try {
                    requireName(name)
                    parsed[name] = NamedPolicy(name, RetryPolicy.parse(notation, classLoader))
                } catch (e: IllegalArgumentException) {
                    mistakes[name] = e
                }
            }
            if (mistakes.isNotEmpty()) throw unreadable(mistakes)
            return NamedPolicies(parsed, classLoader)
        }

        private fun requireName(name: String) =
            require(name.isNotEmpty() && name.none { it.isWhitespace() || it in "()" }) {
                "the name of a policy must be a word without spaces and parentheses; a text with one of these is read as a notation"
            }

        private fun unreadable(mistakes: Map<String, IllegalArgumentException>) =
            IllegalArgumentException(mistakes.entries.joinToString("\n") { (name, mistake) -> "policy '$name': ${mistake.message}" })
                .also { mistakes.values.forEach(it::addSuppressed) }
    }
}

/** One policy of [NamedPolicies]; every [Retry] that uses it refers to this object. */
internal class NamedPolicy(
    val name: String,
    @Volatile var policy: RetryPolicy,
) : PolicySource {
    override val current: PolicyLogic get() = policy.logic
}
