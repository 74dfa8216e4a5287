package dev.reprise.internal.policy

import dev.reprise.internal.util.chain
import dev.reprise.internal.util.isCancellation
import dev.reprise.internal.util.isInterruption
import dev.reprise.internal.util.peeled
import dev.reprise.policy.RestoredFailure
import dev.reprise.policy.RetryHint
import dev.reprise.policy.TransientFailures
import dev.reprise.policy.isOf
import java.util.concurrent.CancellationException

/**
 * One `on` or `unless`: failures of [type] (also as a cause if [inCauses]) that match [predicate], or that are transient by [table], with a
 * separate [schedule] or none.
 */
internal data class FailureRule(
    val type: Class<out Throwable>,
    val inCauses: Boolean = false,
    val predicate: ((Throwable) -> Boolean)? = null,
    val schedule: Schedule? = null,
    val table: TransientFailures? = null,
) {
    /** What the rule names in the notation. */
    val subject: String get() = table?.word ?: type.name

    val namesErrors: Boolean = Error::class.java.isAssignableFrom(type)
    private val namesCancellations = CancellationException::class.java.isAssignableFrom(type)

    /** True if this rule, used as an `unless`, matches [failure]. */
    fun forbids(failure: Throwable): Boolean =
        if (inCauses) failure.chain().any { isMeant(it, inDoubt = false) } else isMeant(failure, inDoubt = false)

    /**
     * True if this rule, used as an `on`, matches [failure]. An `Error` needs a rule that names errors, and a cancellation one that
     * names cancellations, whatever its causes are: `on<Throwable>()` retries neither an `OutOfMemoryError` nor a `CancellationException`.
     */
    fun allows(failure: Throwable): Boolean =
        mayAllow(failure) &&
            if (inCauses) failure.chain().any { mayAllow(it) && isMeant(it, inDoubt = true) } else isMeant(failure, inDoubt = true)

    private fun mayAllow(failure: Throwable): Boolean =
        (namesErrors || !failure.isOf(Error::class.java)) && (namesCancellations || !failure.isCancellation { isOf(it) })

    /** True if this rule is about [failure]; [inDoubt] replaces the predicate, which knows the original of a restored failure only. */
    private fun isMeant(
        failure: Throwable,
        inDoubt: Boolean,
    ): Boolean {
        if (table != null) return table.isTransient(failure) ?: inDoubt
        if (!failure.isOf(type)) return false
        if (predicate == null) return true
        val isUnknown = failure is RestoredFailure && type != RestoredFailure::class.java
        return if (isUnknown) inDoubt else predicate.invoke(failure)
    }

    companion object {
        /** The rule of a policy without rules: every exception. */
        val ANY_EXCEPTION: FailureRule = FailureRule(Exception::class.java)
    }
}

/** One `onResult`: results that match [isInstance] and [predicate] are retried. */
internal class ResultRule(
    private val isInstance: (Any?) -> Boolean,
    private val predicate: (Any?) -> Boolean,
) {
    fun matches(result: Any?): Boolean = isInstance(result) && predicate(result)
}

/** Which failures are worth another attempt. */
internal data class FailureRules(
    val on: List<FailureRule> = emptyList(),
    val unless: List<FailureRule> = emptyList(),
    val onResult: List<ResultRule> = emptyList(),
) {
    // Arrays: a call on lists of several classes goes through the interface, which is slow in a process with many policies.
    private val allowing = on.toTypedArray()
    private val forbidding = unless.toTypedArray()
    private var lastWithoutHint: Class<*>? = null

    /** The rule by which [failure] is retried, or null if it is not retried. The order of the lines is the order of the checks. */
    fun match(failure: Throwable): FailureRule? {
        // An interrupt requests that the thread stop.
        if (failure.isInterruption { isOf(it) }) return null
        val peeled = failure.unwrapped()
        // `unless` overrides the hint and `on`.
        for (rule in forbidding) if (rule.forbids(peeled)) return null
        val hint = hintOf(peeled)?.isRetryable
        if (hint == false) return null
        return firstOn(peeled) ?: if (hint == true) FailureRule.ANY_EXCEPTION else null
    }

    /**
     * [failure] as a hint, if it is one. Checking an object for an interface that it lacks is slower than the rest of a decision, so the
     * last class that lacked it is cached; a race between threads only costs another check.
     */
    fun hintOf(failure: Throwable): RetryHint? {
        val type = failure.javaClass
        if (type === lastWithoutHint) return null
        return failure as? RetryHint ?: null.also { lastWithoutHint = type }
    }

    fun rejects(result: Any?): Boolean = onResult.any { it.matches(result) }

    private fun firstOn(failure: Throwable): FailureRule? {
        if (allowing.isEmpty()) return FailureRule.ANY_EXCEPTION.takeIf { it.allows(failure) }
        for (rule in allowing) if (rule.allows(failure)) return rule
        return null
    }
}

/** What rules, predicates, testers and hints get instead of [this]: the failure without its envelopes, live or restored. */
internal fun Throwable.unwrapped(): Throwable = peeled { isOf(it) }

/** A predicate, a `retryAfter` or a tester threw [cause]. The caller gets the failure of the attempt, with this one suppressed in it. */
internal class RuleFailedException(
    override val cause: Throwable,
) : RuntimeException(cause)
