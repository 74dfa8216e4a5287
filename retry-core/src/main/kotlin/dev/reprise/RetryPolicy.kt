package dev.reprise

import dev.reprise.internal.policy.AnyFailure
import dev.reprise.internal.policy.Join
import dev.reprise.internal.policy.JoinedPolicy
import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.policy.PolicyParser
import dev.reprise.internal.policy.PolicyState
import dev.reprise.internal.policy.ThenPolicy
import dev.reprise.internal.policy.calls
import dev.reprise.internal.policy.explained
import dev.reprise.internal.policy.simulated
import dev.reprise.policy.Explanation
import dev.reprise.policy.Rethrow
import dev.reprise.policy.Simulation
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Which failures are retried, how long the waits are, and when a run gives up: a pure, immutable value.
 *
 * It knows no clock, no coroutine and no I/O: it is asked with facts and answers with a [Decision][dev.reprise.policy.Decision]. The in-process runners, the durable
 * queue and the workflow controllers all ask the same policy. One value may serve any number of runs at a time.
 *
 * A policy prints itself in a notation that [parse] reads back.
 */
public abstract class RetryPolicy internal constructor() {
    /** The wait before the first attempt, in nanoseconds. */
    internal abstract val initialDelayNanos: Long

    /** What one attempt may take, in nanoseconds, or [PackedDecision.LONGEST_WAIT]. */
    internal abstract val attemptTimeoutNanos: Long

    /** The failure that is thrown when a run gives up. */
    internal abstract val rethrow: Rethrow

    /** True if a run that gives up on a result returns that result. */
    internal abstract val returnsLast: Boolean

    /** True if there is a rule about results, so that a result has to be judged. */
    internal abstract val judgesResults: Boolean

    /** True if some policy inside it has a time limit, so that a run has to be timed from its very start. */
    internal abstract val hasDeadline: Boolean

    /** The parts of this policy that are code and not data, each as it was written; empty if it can be stored. */
    internal abstract val code: List<String>

    /** True if nothing in it ends a run and nobody said `forever()`, because it was told in a `retry { }` that ends otherwise. */
    internal abstract val needsEnd: Boolean

    /** What one run has to remember between two decisions; null if the number of the attempt is enough. */
    internal abstract fun newState(): PolicyState?

    /**
     * The end of the run, in nanoseconds from its start, or [PackedDecision.LONGEST_WAIT], as it is known [elapsed] nanoseconds after the start:
     * where the time of the first part of a `then` is over, that of the second one counts. No attempt starts at or after it.
     */
    internal abstract fun deadlineNanos(
        state: PolicyState?,
        elapsed: Long = 0,
    ): Long

    /** True if no attempt may start, or go on, [elapsed] nanoseconds after the start of the run. */
    internal fun isOver(
        state: PolicyState?,
        elapsed: Long,
    ): Boolean {
        val deadline = deadlineNanos(state, elapsed)
        return deadline < PackedDecision.LONGEST_WAIT && elapsed >= deadline
    }

    /**
     * Decides about the attempt [number] (from 1) that ended [elapsed] nanoseconds after the start of the run with [failure], or, where
     * that is null, with [result]. Answers with a [PackedDecision].
     *
     * @throws RuleFailedException if code inside the policy throws.
     */
    internal abstract fun verdict(
        number: Int,
        elapsed: Long,
        failure: Throwable?,
        result: Any?,
        state: PolicyState?,
        random: Random,
    ): Long

    /**
     * Stops if either stops; otherwise the longer wait. Associative, commutative, idempotent. Where both stop, `ABORTED` is told before
     * `DEADLINE` before `EXHAUSTED`. Whether a result is good is for the parts that have a rule about results.
     */
    public infix fun and(other: RetryPolicy): RetryPolicy = JoinedPolicy(Join.And, this, other)

    /**
     * Goes on if either goes on, with the shorter wait. Associative, commutative, idempotent. Where both stop, the reason is the weaker
     * one.
     */
    public infix fun or(other: RetryPolicy): RetryPolicy = JoinedPolicy(Join.Or, this, other)

    /**
     * This policy until one of its limits ends it, then [other] from its beginning.
     *
     * The failure that ended this policy is the first one [other] is asked about, so the waits of both follow each other and no attempt is
     * added: three attempts then three attempts are five. A failure that this policy does not retry ends the run; [other] is not asked.
     * An attempt that the end of `within` cuts is such a failure, with the time of [other] still to come; one that starts late, past that
     * end, has the time of [other].
     */
    public infix fun then(other: RetryPolicy): RetryPolicy = ThenPolicy(this, other)

    /**
     * A line of decisions about one run: a fresh one, or, given the [memory][PolicySession.memory] of another one, its continuation. [random] draws the jitter.
     *
     * @throws IllegalArgumentException if [memory] is not that of a run of this policy.
     */
    public fun decisions(
        random: Random = Random.Default,
        memory: String? = null,
    ): PolicySession = PolicySession(this, random, memory)

    /** The notation that [parse] reads back. Where the policy holds code, `{…}` stands in its place. */
    public abstract override fun toString(): String

    /**
     * The notation that [parse] reads back, for a file or a database.
     *
     * @throws IllegalStateException if the policy holds code; the message names each rule that does.
     */
    public fun notation(): String {
        val code = code
        check(code.isEmpty()) { "this policy holds code and cannot be stored: ${code.joinToString()}" }
        return toString()
    }

    /**
     * Plays a run in which every attempt takes [attempt] and fails, as far as [retries] waits: no clock, no waiting. The same [seed] gives
     * the same jitter.
     *
     * The attempts fail with [failure]; by default with one that any policy retries unless it refuses all exceptions. Hand one in to see
     * the waits of an `on` that has its own. Code inside the policy is run as in a real run; a `failureTester` may end the run.
     *
     * @throws IllegalArgumentException if [retries] or [attempt] is negative.
     */
    public fun simulate(
        seed: Long = 0,
        retries: Int = 100,
        attempt: Duration = Duration.ZERO,
        failure: Throwable = AnyFailure(),
    ): Simulation = simulated(Random(seed), retries, attempt, failure)

    /**
     * This policy in words, with its first waits and its totals, and what looks like a mistake in it. Simulates a run of 1000 retries at
     * most.
     */
    public fun explain(): Explanation = explained()

    public companion object {
        /**
         * Reads the notation in which policies print themselves: the calls of the builder, separated by spaces, with compact durations and
         * full class names; policies may be joined in brackets.
         *
         * ```
         * exponential(100ms, factor=1.5, max=10s) jitter(Equal) maxAttempts(5) within(1m30s) attemptTimeout(2s)
         * every(1m) forever on(java.net.ConnectException) on(java.io.IOException, inCauses) unless(java.io.FileNotFoundException)
         * on(com.acme.Throttled, waits=exponential(1s)) initialDelay(1s) maxAttempts(3) rethrow(First) orLast
         * (delays(1s, 2s) then every(1m) maxAttempts(10))
         * ```
         *
         * Classes are loaded from [classLoader] (default: the context class loader of the thread) and are not initialised.
         *
         * @throws RetryPolicyParseException if [text] is not such a notation, names a class that is not found or not a `Throwable`, or
         * says what the builder refuses; it tells where.
         */
        @JvmStatic
        @JvmOverloads
        public fun parse(
            text: String,
            classLoader: ClassLoader? = Thread.currentThread().contextClassLoader,
        ): RetryPolicy = PolicyParser(text, classLoader ?: RetryPolicy::class.java.classLoader).parse()

        /**
         * The back-off of Twisted's `RetryingCall`: by default ten calls, the first at once, the others after 10 ms, 20 ms, 40 ms … 2.56
         * s. The first failure is thrown. No jitter.
         *
         * There is a wait before every call: [initialDelay], then each time [factor] times as long, never longer than [maxDelay]. [now]
         * puts a wait of zero before the first call and the others one call later.
         *
         * @throws IllegalArgumentException if [calls], [initialDelay] or [maxDelay] is not positive, or [factor] is below 1.
         */
        public fun twisted(
            calls: Int = 10,
            initialDelay: Duration = 10.milliseconds,
            factor: Double = 2.0,
            maxDelay: Duration = 120.seconds,
            now: Boolean = true,
        ): RetryPolicy = twistedPolicy(calls, initialDelay, factor, maxDelay, now)

        /**
         * What a durable call does if nothing else is said: retries after 1 m, 1.5 m, 2.25 m … 57.7 m, then every hour, within three days.
         * These are 80 retries, 81 calls. No jitter.
         */
        @JvmStatic
        public fun threeDays(): RetryPolicy = threeDaysPolicy()

        /**
         * Zato's `retry_repeats`, `retry_seconds` and `retry_minutes`: [repeats] calls in all, the first included, with [seconds] or
         * [minutes] between them. Exactly one of the two is given.
         *
         * @throws IllegalArgumentException if both or neither is given, or a number is not positive.
         */
        @JvmStatic
        @JvmOverloads
        public fun zato(
            repeats: Int,
            seconds: Int? = null,
            minutes: Int? = null,
        ): RetryPolicy = zatoPolicy(repeats, seconds, minutes)

        /**
         * Python's `@retryable`: a call [every] so often, at most [maxRetries] after the first; 0, the default, is for ever.
         *
         * @throws IllegalArgumentException if [every] or [maxRetries] is negative.
         */
        public fun retryable(
            every: Duration,
            maxRetries: Int = 0,
        ): RetryPolicy = retryablePolicy(every, maxRetries)
    }
}
