package dev.reprise.run

import dev.reprise.internal.util.describe
import dev.reprise.internal.util.isEnvelope
import dev.reprise.policy.StopReason
import java.io.Serializable
import kotlin.time.Duration
import kotlin.time.toJavaDuration

/**
 * What a run that gave up did. It is a suppressed exception of the failure that is thrown, without a stack trace and without
 * growing: after a million retries it holds the first failure and the last few.
 *
 * [Throwable.retryReport] and, in Java, [RetryReport.of] find it. A failure carries one report. If several runs throw the same exception,
 * one inside the other or one after the other, it is the report of the last of them; the report in a [RetryOutcome] or an event is that
 * run's own. It does not refer to the failure that carries it, and it serialises as text and numbers, without the failures.
 */
public class RetryReport private constructor(
    @Volatile private var facts: Facts,
) : Throwable(null, null, false, false) {
    /** How many attempts the run made. */
    public val attempts: Int get() = facts.attempts

    /**
     * [attempts] and the retries of the runs inside them, at any depth: the number of calls that reached the remote service.
     *
     * A run that nothing watches (no limit in time, listener, stop signal, budget, `nestedRetries(SUPPRESS)` or `onResult`) costs nothing
     * while it succeeds, and counts its own attempts only.
     */
    public val calls: Int get() = facts.calls

    /**
     * The time from the start of the run to its end. In a run that nothing times (no `maxDuration`, `attemptTimeout`, listener, stop signal or
     * budget) the clock starts with the first delay, so that a first attempt that succeeds costs nothing.
     */
    @get:JvmSynthetic
    public val elapsed: Duration get() = facts.elapsed

    /** Why there was no further attempt. */
    public val stopReason: StopReason get() = facts.stopReason

    /** The failure of the first attempt that failed; null if the attempts ended with rejected results, and after deserialisation. */
    public val firstFailure: Throwable? get() = facts.failures?.first?.takeIf { it !== Carrier }

    /** The failures of the last attempts, oldest first; at most five. Empty after deserialisation. */
    public val recentFailures: List<Throwable> get() = facts.failures?.recent?.filter { it !== Carrier } ?: emptyList()

    override val message: String get() = facts.text

    /** [elapsed] for Java. */
    public fun getElapsed(): java.time.Duration = elapsed.toJavaDuration()

    override fun toString(): String = "RetryReport: $message"

    /** The first failure of a run and the last few. */
    private class Failures(
        val first: Throwable?,
        val recent: List<Throwable>,
    ) {
        fun replace(
            old: Throwable,
            new: Throwable,
        ) = Failures(if (first === old) new else first, recent.map { if (it === old) new else it })
    }

    private class Facts(
        val attempts: Int,
        val calls: Int,
        val elapsed: Duration,
        val stopReason: StopReason,
        @Transient val failures: Failures?,
        val text: String,
    ) : Serializable {
        /** These facts for a report that [carrier] carries, without a reference to it, because that would be a cycle. */
        fun withoutCarrier(carrier: Throwable) = with(failures?.replace(carrier, Carrier))

        fun withCarrier(carrier: Throwable) = with(failures?.replace(Carrier, carrier))

        private fun with(failures: Failures?) = Facts(attempts, calls, elapsed, stopReason, failures, text)

        private companion object {
            const val serialVersionUID = 1L
        }
    }

    /** Replaces the failure that carries the report. */
    private object Carrier : Throwable(null, null, false, false) {
        private fun readResolve(): Any = Carrier
    }

    public companion object {
        private const val serialVersionUID = 1L

        /**
         * Returns the report of the run that threw [failure], also if it is wrapped, for example in an `ExecutionException`; null if it was
         * not thrown by a run, or cannot carry a report because its suppression is disabled.
         */
        @JvmStatic
        public fun of(failure: Throwable): RetryReport? {
            for (carrier in carriers(failure)) {
                val facts = carrier.ownReport?.facts ?: continue
                return RetryReport(facts.withCarrier(carrier))
            }
            return null
        }

        internal fun create(
            attempts: Int,
            calls: Int,
            elapsed: Duration,
            stopReason: StopReason,
            firstFailure: Throwable?,
            recentFailures: List<Throwable>,
            stopDetail: String? = null,
        ): RetryReport {
            // Built now: later, a failure can have changed, or one of the failures that are read here can call this.
            val text =
                buildString {
                    append(if (attempts == 1) "1 attempt" else "$attempts attempts")
                    if (calls != attempts) append(" ($calls calls with those of nested runs)")
                    append(" in ").append(elapsed).append(", ended by ").append(stopReason)
                    stopDetail?.let { append(" (").append(it).append(')') }
                    firstFailure?.let { append("; first failure: ").append(it.describe()) }
                    if (recentFailures.size > 1) append("; last failures: ").append(recentFailures.joinToString { it.describe() })
                }
            return RetryReport(Facts(attempts, calls, elapsed, stopReason, Failures(firstFailure, recentFailures), text))
        }

        /** Attaches a copy of [report], or fills the existing one: an exception that is thrown repeatedly must not grow. */
        internal fun attach(
            report: RetryReport,
            carrier: Throwable,
        ) {
            val facts = report.facts.withoutCarrier(carrier)
            synchronized(carrier) {
                val own = carrier.ownReport
                if (own != null) {
                    own.facts = facts
                } else if (carrier !is RetryReport) {
                    carrier.addSuppressed(RetryReport(facts))
                }
            }
        }

        /** In debug mode coroutines throw a copy, with the failure itself as its cause: a cause of the same class counts as wrapped. */
        private fun carriers(failure: Throwable): Sequence<Throwable> {
            var depth = 0
            return generateSequence(failure) { outer ->
                outer.cause?.takeIf { depth++ < LONGEST_CHAIN && (outer.isEnvelope() || it.javaClass == outer.javaClass) }
            }
        }

        private const val LONGEST_CHAIN = 64

        private val Throwable.ownReport: RetryReport? get() = suppressed.firstNotNullOfOrNull { it as? RetryReport }
    }
}

/** See [RetryReport.of]. */
@get:JvmSynthetic
public val Throwable.retryReport: RetryReport? get() = RetryReport.of(this)
