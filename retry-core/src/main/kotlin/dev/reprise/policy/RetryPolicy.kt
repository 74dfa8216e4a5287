package dev.reprise.policy

import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Which failures are retried, how long the waits are, and when a run gives up: a pure, immutable value.
 *
 * It knows no clock, no coroutine and no I/O: it is asked with facts and answers with a [Decision]. The in-process runners, the durable
 * queue and the workflow controllers all ask the same policy. One value may serve any number of runs at a time.
 *
 * A policy prints itself in a notation that [parse] reads back.
 */
public abstract class RetryPolicy internal constructor() {
    /** The wait before the first attempt, in nanoseconds. */
    internal abstract val initialDelayNanos: Long

    /** What one attempt may take, in nanoseconds, or [Verdict.LONGEST_WAIT]. */
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
     * The end of the run, in nanoseconds from its start, or [Verdict.LONGEST_WAIT], as it is known [elapsed] nanoseconds after the start:
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
        return deadline < Verdict.LONGEST_WAIT && elapsed >= deadline
    }

    /**
     * Decides about the attempt [number] (from 1) that ended [elapsed] nanoseconds after the start of the run with [failure], or, where
     * that is null, with [result]. Answers with a [Verdict].
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
     * A line of decisions about one run: a fresh one, or, given the [memory][Decisions.memory] of another one, its continuation. [random] draws the jitter.
     *
     * @throws IllegalArgumentException if [memory] is not that of a run of this policy.
     */
    public fun decisions(
        random: Random = Random.Default,
        memory: String? = null,
    ): Decisions = Decisions(this, random, memory)

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

/** What one run remembers for its policy. Mutable, owned by that run alone. */
internal abstract class PolicyState {
    /** The failure that a tester put in the place of the one it was shown, if it ended the run so. */
    abstract val replacement: Throwable?

    /** Adds the numbers to [numbers] from which [load] makes this state again. */
    abstract fun save(numbers: MutableList<Long>)

    /** Takes the numbers that [save] gave, in their order. */
    abstract fun load(numbers: Iterator<Long>)
}

/** Which failure leaves a run that gave up. */
public enum class Rethrow {
    /** The failure of the last attempt. */
    Last,

    /** The failure of the first attempt. */
    First,
}

/** The decisions about one run, asked one after the other, in the order of its attempts. Not thread-safe. */
public class Decisions internal constructor(
    private val policy: RetryPolicy,
    private val random: Random,
    memory: String? = null,
) {
    private val state = policy.newState().also { if (memory != null) it.load(memory) }

    /** What the run has to remember, as text for a database or a file; null if the numbers of the attempts are enough. */
    public val memory: String?
        get() = state?.let { state -> ArrayList<Long>().also(state::save).joinToString(",") }

    /** The end of the run, in nanoseconds from its start, or [Verdict.LONGEST_WAIT], for an attempt that starts after [elapsed]. */
    internal fun deadlineNanos(elapsed: Duration): Long = policy.deadlineNanos(state, elapsed.toWaitNanos())

    /**
     * What happens after [attempt].
     *
     * A result that no rule rejects needs no decision.
     *
     * @throws IllegalArgumentException if [attempt] ended with a result that the policy accepts.
     */
    public fun next(attempt: FailedAttempt): Decision {
        val isJudged = attempt.failure != null || policy.judgesResults
        val verdict =
            try {
                if (isJudged) judge(attempt) else Verdict.ACCEPTED
            } catch (e: RuleFailedException) {
                attempt.failure?.addSuppressed(e.cause)
                Verdict.ABORTED
            }
        require(verdict != Verdict.ACCEPTED) { "the policy accepts the result ${attempt.result}: a run ends there, with success" }
        return if (Verdict.isStop(verdict)) Decision.GiveUp(Verdict.reason(verdict)) else Decision.RetryAfter(verdict.nanoseconds)
    }

    private fun judge(attempt: FailedAttempt): Long =
        policy.verdict(attempt.number, attempt.elapsed.toWaitNanos(), attempt.failure, attempt.result, state, random)
}

private fun PolicyState?.load(memory: String) {
    try {
        val numbers = memory.split(',').map(String::toLong).iterator()
        requireNotNull(this) { "the policy remembers nothing" }.load(numbers)
        require(!numbers.hasNext()) { "there are too many numbers" }
    } catch (e: RuntimeException) {
        throw IllegalArgumentException("'$memory' is not what a run of this policy remembers", e)
    }
}

internal fun Long.toDuration(): Duration = if (this >= Verdict.LONGEST_WAIT) Duration.INFINITE else nanoseconds
