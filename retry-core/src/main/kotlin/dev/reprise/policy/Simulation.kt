package dev.reprise.policy

import dev.reprise.internal.util.compact
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import java.time.Duration as JavaDuration

/** A run as the policy decides it, if every attempt fails. */
public class Simulation internal constructor(
    /** The delay before the first attempt. */
    @get:JvmSynthetic public val initialDelay: Duration,
    /** The delays between the attempts. */
    @get:JvmSynthetic
    @get:JvmName("getKotlinDelays")
    public val delays: List<Duration>,
    /** The number of attempts. */
    public val attempts: Int,
    /** From the start of the run to the end of the last attempt. */
    @get:JvmSynthetic public val elapsed: Duration,
    /** Why the run gave up; null if the simulation ended before the run. */
    public val stopReason: StopReason?,
) {
    /** True if the simulation ended before the run, which would make further attempts. */
    public val isTruncated: Boolean get() = stopReason == null

    /** The sum of all delays. */
    @get:JvmSynthetic
    public val totalDelay: Duration get() = delays.fold(initialDelay, Duration::plus)

    /** [initialDelay] for Java. */
    public fun getInitialDelay(): JavaDuration = initialDelay.toJavaDuration()

    /** [delays] for Java. */
    public fun getDelays(): List<JavaDuration> = delays.map { it.toJavaDuration() }

    /** [elapsed] for Java. */
    public fun getElapsed(): JavaDuration = elapsed.toJavaDuration()

    /** [totalDelay] for Java. */
    public fun getTotalDelay(): JavaDuration = totalDelay.toJavaDuration()

    override fun toString(): String {
        val waited = (listOf(initialDelay).filter { it.isPositive() } + delays).joinToString(" ") { it.compact() }
        return "$attempts attempts, delays [$waited], ${elapsed.compact()} in all, ${stopReason ?: "continues"}"
    }
}
