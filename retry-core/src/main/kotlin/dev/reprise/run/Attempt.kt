package dev.reprise.run

import kotlin.time.Duration
import kotlin.time.toJavaDuration

/** What the body of a retry can read about its attempt: the facts at the start of that attempt. Immutable. */
public abstract class Attempt internal constructor() {
    /** The 1-based number of this attempt in its run. */
    public abstract val number: Int

    /** True from the second attempt on. */
    public val isRetry: Boolean get() = number > 1

    /** The time from the start of the run to the start of this attempt; zero for the first one, unless it had an `initialDelay`. */
    @get:JvmSynthetic
    public abstract val elapsed: Duration

    /** The time from the start of this attempt to the end of `maxDuration`; infinite without `maxDuration`. */
    @get:JvmSynthetic
    public abstract val remaining: Duration

    /** The failure of the previous attempt; null in the first attempt, and after a rejected result. */
    public abstract val lastFailure: Throwable?

    /** The failures so far, oldest first; only the last five are kept. */
    public abstract val failures: List<Throwable>

    /**
     * True if this attempt was cancelled while its blocking body runs: by its timeout, the deadline, a stop's grace, or the cancellation of
     * its future. For bodies that do not react to the interrupt; to be called on the thread of the body. A suspending body checks its
     * coroutine's `isActive` instead.
     */
    public abstract val isCancelled: Boolean

    /** [elapsed] for Java. */
    public fun getElapsed(): java.time.Duration = elapsed.toJavaDuration()

    /** [remaining] for Java; null without `maxDuration`. */
    public fun getRemaining(): java.time.Duration? = remaining.takeIf { it.isFinite() }?.toJavaDuration()

    override fun toString(): String = "Attempt($number)"
}
