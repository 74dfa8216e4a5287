package dev.reprise.policy

import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * The facts on which a policy decides.
 *
 * The attempt ended with [failure], or, if that is null, with [result].
 *
 * @throws IllegalArgumentException if [number] is below 1 or [elapsed] is negative.
 */
public class FailedAttempt(
    /** The 1-based number of the attempt. */
    public val number: Int,
    /** The time from the start of the run to the end of this attempt. */
    @get:JvmSynthetic public val elapsed: Duration,
    public val failure: Throwable?,
    public val result: Any? = null,
) {
    /** The Java form of the constructor with a Kotlin duration. */
    @JvmOverloads
    public constructor(
        number: Int,
        elapsed: JavaDuration,
        failure: Throwable?,
        result: Any? = null,
    ) : this(number, elapsed.toKotlinDuration(), failure, result)

    init {
        require(number >= 1) { "number must be at least 1, but was $number" }
        require(!elapsed.isNegative()) { "elapsed must not be negative, but was $elapsed" }
    }

    /** [elapsed] for Java. */
    public fun getElapsed(): JavaDuration = elapsed.toJavaDuration()
}
