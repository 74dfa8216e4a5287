package dev.reprise.console.draw

import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** A delay that a run has had: [delay] before the retry with the 1-based number [retry]. */
public class PastDelay(
    /** The number of the retry: 1 for the delay after the first attempt. */
    public val retry: Int,
    /** The delay. */
    @get:JvmSynthetic public val delay: Duration,
) {
    init {
        require(retry >= 1) { "retry must be at least 1, but was $retry" }
    }

    /** The Java form. */
    public constructor(retry: Int, delay: JavaDuration) : this(retry, delay.toKotlinDuration())

    override fun toString(): String = "PastDelay($retry, $delay)"
}
