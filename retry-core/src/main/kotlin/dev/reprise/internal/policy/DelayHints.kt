package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.RetryHint
import kotlin.time.Duration

/** One `retryAfter` or `retryAfterResult`: reads a delay from what [isInstance] matches; if it [replaces], a shorter one counts too. */
internal class HintReader(
    val replaces: Boolean,
    private val isInstance: (Any?) -> Boolean,
    private val hint: (Any?) -> Duration?,
) {
    fun read(from: Any?): Duration? = if (isInstance(from)) hint(from) else null
}

/** The delays that a failure or a rejected result can ask for, and the [longest] one that is accepted, in nanoseconds. */
internal data class DelayHints(
    val ofFailures: List<HintReader> = emptyList(),
    val ofResults: List<HintReader> = emptyList(),
    val longest: Long = LONGEST_WAIT,
) {
    /** True if code reads hints. */
    val isRead: Boolean get() = ofFailures.isNotEmpty() || ofResults.isNotEmpty()

    /**
     * The delay after [end] (a failure if [isFailure], otherwise a rejected result), of which [own] is the hint: [computed], or what the
     * hints ask for instead. A stop if that is longer than accepted.
     */
    fun delay(
        computed: Long,
        end: Any?,
        isFailure: Boolean,
        own: RetryHint?,
    ): Long {
        val readers = if (isFailure) ofFailures else ofResults
        if (own == null && readers.isEmpty()) return computed
        var atLeast = nanosOf(own?.retryAfter)
        var instead = NO_HINT
        for (reader in readers) {
            val hint = nanosOf(reader.read(end))
            if (reader.replaces) instead = maxOf(instead, hint) else atLeast = maxOf(atLeast, hint)
        }
        val hint = maxOf(atLeast, instead)
        if (hint > longest) return PackedDecision.hintTooLong(hint)
        return maxOf(if (instead == NO_HINT) computed else instead, atLeast)
    }

    private fun nanosOf(hint: Duration?): Long = hint?.toWaitNanos() ?: NO_HINT

    companion object {
        val NONE: DelayHints = DelayHints()

        private const val NO_HINT = -1L
    }
}
