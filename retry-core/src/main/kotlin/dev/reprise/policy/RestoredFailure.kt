package dev.reprise.policy

import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.toJavaDuration

/**
 * A failure that was read from a store, or comes from another process: the exception itself is not there, its [description] is.
 *
 * The rules of a policy treat it like the original: `on`, `unless` and `inCauses` match the recorded names of the class and its superclasses,
 * and its [RetryHint] is the recorded one. A predicate cannot be called with it: `on` assumes true and `unless` assumes false, so that a
 * policy retries in doubt; its limits apply. Functions that take any failure, `failureTester` and `retryAfter`, get this exception.
 */
public class RestoredFailure(
    description: FailureDescription,
) : RuntimeException(description.message, description.cause?.let(::RestoredFailure), false, false),
    RetryHint {
    // Not the description: an exception has to be serialisable.
    private val types = ArrayList(description.types)
    private val retryAfterNanos = description.retryAfter?.inWholeNanoseconds

    override val isRetryable: Boolean? = description.isRetryable

    @get:JvmSynthetic
    override val retryAfter: Duration? get() = retryAfterNanos?.nanoseconds

    override fun getRetryAfter(): java.time.Duration? = retryAfter?.toJavaDuration()

    /** What is known of the original. */
    public val description: FailureDescription
        get() = FailureDescription.of(types, message, (cause as RestoredFailure?)?.description, isRetryable, getRetryAfter())

    /** The class and the message of the original. */
    override fun toString(): String = "${types.first()}${message?.let { ": $it" }.orEmpty()} (restored)"

    internal val originalTypes: List<String> get() = types

    internal fun isOriginally(type: Class<*>): Boolean =
        type.name in types || (type.isAssignableFrom(Exception::class.java) && Throwable::class.java.name !in types && ERROR !in types)

    private companion object {
        const val serialVersionUID = 1L
        const val ERROR = "java.lang.Error"
    }
}

/** True if this failure is of [type]: a restored one if the original was. */
internal fun Throwable.isOf(type: Class<out Throwable>): Boolean =
    if (this is RestoredFailure && type != RestoredFailure::class.java) isOriginally(type) else type.isInstance(this)

/** The names of the class and its superclasses, the class first: of a restored failure those of the original. */
internal fun Throwable.typeNames(): List<String> =
    if (this is RestoredFailure) originalTypes else generateSequence<Class<*>>(javaClass) { it.superclass }.map { it.name }.toList()
