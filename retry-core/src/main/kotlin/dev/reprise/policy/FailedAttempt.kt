package dev.reprise.policy

import kotlin.time.Duration

/**
 * The facts a policy looks at when it decides.
 *
 * [number] counts the attempts made, from 1. [elapsed] runs from the start of the run to the end of this attempt.
 * The attempt ended with [failure], or, where that is null, with [result].
 *
 * @throws IllegalArgumentException if [number] is below 1 or [elapsed] is negative.
 */
public class FailedAttempt(
    public val number: Int,
    public val elapsed: Duration,
    public val failure: Throwable?,
    public val result: Any? = null,
) {
    init {
        require(number >= 1) { "number must be positive (the first attempt is 1), but was $number" }
        require(!elapsed.isNegative()) { "elapsed must not be negative, but was $elapsed" }
    }
}
