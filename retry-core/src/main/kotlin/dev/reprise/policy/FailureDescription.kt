package dev.reprise.policy

import dev.reprise.internal.util.safeCause
import java.util.Objects
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * A failure as data: what a store keeps of it, or another engine knows about it. Immutable.
 *
 * The rules of a policy match it by its [types], without loading a class.
 */
public class FailureDescription private constructor(
    /** The names of the class and its superclasses, the class first. If they do not include `java.lang.Throwable`, it is an exception. */
    public val types: List<String>,
    /** The message; null if there is none. */
    public val message: String?,
    /** The cause; null if there is none. */
    public val cause: FailureDescription?,
    /** What [RetryHint.isRetryable] of the failure was. */
    public val isRetryable: Boolean?,
    /** What [RetryHint.retryAfter] of the failure was. */
    @get:JvmSynthetic public val retryAfter: Duration?,
) {
    /** The name of the class. */
    public val type: String get() = types.first()

    /** [retryAfter] for Java. */
    public fun getRetryAfter(): JavaDuration? = retryAfter?.toJavaDuration()

    private fun values() = listOf(types, message, cause, isRetryable, retryAfter)

    override fun equals(other: Any?): Boolean = other is FailureDescription && values() == other.values()

    override fun hashCode(): Int = Objects.hash(types, message)

    /** The class and the message, as a `Throwable` prints itself. */
    override fun toString(): String = if (message == null) type else "$type: $message"

    public companion object {
        private const val DEEPEST_CAUSE = 20

        /** Describes [failure] and its causes, as far as its methods do not throw. */
        @JvmStatic
        public fun of(failure: Throwable): FailureDescription = describe(failure, 0)

        /**
         * Describes a failure of the classes that [types] names, the class first, then its superclasses as far as they are known.
         *
         * @throws IllegalArgumentException if [types] is empty.
         */
        @JvmStatic
        @JvmOverloads
        public fun of(
            types: List<String>,
            message: String? = null,
            cause: FailureDescription? = null,
            isRetryable: Boolean? = null,
            retryAfter: JavaDuration? = null,
        ): FailureDescription {
            require(types.isNotEmpty()) { "types must not be empty; it begins with the name of the class" }
            return FailureDescription(types.toList(), message, cause, isRetryable, retryAfter?.toKotlinDuration())
        }

        private fun describe(
            failure: Throwable,
            depth: Int,
        ): FailureDescription {
            if (failure is RestoredFailure) return failure.description
            val classes = generateSequence<Class<*>>(failure.javaClass) { it.superclass }.takeWhile { it != Any::class.java }
            val cause = failure.safeCause?.takeIf { depth < DEEPEST_CAUSE }?.let { describe(it, depth + 1) }
            val hint = failure as? RetryHint
            // A hint that throws is never retried.
            val delay = runCatching { hint?.retryAfter }
            val answer = runCatching { hint?.isRetryable }
            val isRetryable = if (delay.isSuccess && answer.isSuccess) answer.getOrNull() else false
            return FailureDescription(classes.map { it.name }.toList(), messageOf(failure), cause, isRetryable, delay.getOrNull())
        }

        private fun messageOf(failure: Throwable) =
            runCatching { failure.message }.getOrElse { "its message cannot be read: ${it.javaClass.name}" }
    }
}
