package dev.reprise.run

import dev.reprise.internal.util.chain
import dev.reprise.policy.StopReason
import kotlin.time.Duration

/**
 * What a run that gave up did. It travels as a suppressed exception of the failure that is thrown, without a stack trace and without
 * growing: after a million retries it holds the first failure and the last few.
 *
 * A failure carries one report. If the same exception leaves several runs, one inside the other or one after the other, the report it
 * carries tells of the last of them; the report in a [RetryOutcome] or an event is that run's own.
 */
public class RetryReport internal constructor() : Throwable(null, null, false, false) {
    @Volatile
    private var facts: Facts = Facts.NONE

    /** How many attempts the run made. */
    public val attempts: Int get() = facts.attempts

    /**
     * [attempts] and the retries of the runs inside them, at any depth: what the thing at the far end really saw.
     *
     * A run that something watches (a limit in time, a listener, a stop signal, a budget, `nested(Suppress)`, `onResult`) counts them
     * all. One that nothing watches leaves no trace while it succeeds, so it knows only of those runs inside whose failure ended an
     * attempt, as it was thrown or as the cause of another: the retries of runs that succeeded in the end are missing.
     */
    public val calls: Int get() = facts.calls

    /**
     * From the start of the run to its end. In a run that nothing times (no `within`, no `attemptTimeout`, no listener, stop signal or
     * budget) the clock starts with the first wait, so that a first attempt that succeeds costs nothing.
     */
    public val elapsed: Duration get() = facts.elapsed

    /** Why there was no further attempt. */
    public val reason: StopReason get() = facts.reason

    /** The failure of the first attempt that failed; null if the attempts ended with rejected results. */
    public val firstFailure: Throwable? get() = facts.firstFailure

    /** The failures of the last attempts, oldest first, at most [History.KEPT][dev.reprise.internal.engine.FailureHistory.KEPT]. */
    public val recentFailures: List<Throwable> get() = facts.recentFailures

    override val message: String get() = facts.toString()

    internal fun fill(facts: Facts) {
        this.facts = facts
    }

    /** The retries that this report adds to the calls of a run around it; null if it was not filled after [stamp]. */
    internal fun retriesSince(stamp: Int): Int? = facts.let { if (it.stamp - stamp > 0) it.calls - 1 else null }

    override fun toString(): String = "RetryReport: $message"

    internal class Facts(
        val attempts: Int,
        val calls: Int,
        val elapsed: Duration,
        val reason: StopReason,
        val firstFailure: Throwable?,
        val recentFailures: List<Throwable>,
    ) {
        val stamp: Int = ReportStamps.next()

        override fun toString(): String =
            buildString {
                append(if (attempts == 1) "1 attempt" else "$attempts attempts")
                if (calls != attempts) append(" ($calls calls with those of nested runs)")
                append(" in ").append(elapsed).append(", ended by ").append(reason)
                firstFailure?.let { append("; first failure: ").append(it) }
                if (recentFailures.size > 1) append("; last failures: ").append(recentFailures.joinToString())
            }

        companion object {
            val NONE = Facts(0, 0, Duration.ZERO, StopReason.ABORTED, null, emptyList())
        }
    }
}

/** Numbers the reports in the order in which they are filled, so that a run can tell those of runs inside its attempt from older ones. */
internal object ReportStamps {
    /**
     * The latest number. It is read before every attempt, so it is a plain field: whoever sees a failure sees the number that was drawn
     * before it was thrown.
     */
    @JvmField
    var latest: Int = 0

    @Synchronized
    fun next(): Int = ++latest
}

/**
 * The report of the run that threw this failure; null if it was not thrown by a run, or cannot carry one because its suppression is
 * disabled. In debug mode coroutines throw a copy with the failure itself as its cause; the report is found there too.
 */
public val Throwable.retryReport: RetryReport?
    get() = ownReport ?: cause?.takeIf { it.javaClass == javaClass }?.ownReport

/**
 * The retries of the runs inside an attempt that ended with this failure, by the report that one of them attached after [stamp]. Layers
 * between the runs may have wrapped what it is attached to; the outermost report counts those below it.
 */
internal fun Throwable.retriesSince(stamp: Int): Int = chain().firstNotNullOfOrNull { it.ownReport?.retriesSince(stamp) } ?: 0

private val Throwable.ownReport: RetryReport?
    get() = suppressed.firstNotNullOfOrNull { it as? RetryReport }

/** Attaches the report with [facts], or fills the one that is there already: an exception that is thrown again and again must not grow. */
internal fun Throwable.attach(facts: RetryReport.Facts) {
    synchronized(this) { ownReport ?: RetryReport().also { if (it !== this) addSuppressed(it) } }.fill(facts)
}
