package dev.reprise

import dev.reprise.internal.policy.AnyFailure
import dev.reprise.internal.policy.Join
import dev.reprise.internal.policy.JoinedPolicy
import dev.reprise.internal.policy.PolicyLogic
import dev.reprise.internal.policy.PolicyParser
import dev.reprise.internal.policy.ThenPolicy
import dev.reprise.internal.policy.explained
import dev.reprise.internal.policy.simulated
import dev.reprise.policy.Explanation
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
public class RetryPolicy internal constructor(
    internal val logic: PolicyLogic,
) {
    /**
     * Stops if either stops; otherwise the longer wait. Associative, commutative, idempotent. Where both stop, `ABORTED` is told before
     * `DEADLINE` before `EXHAUSTED`. Whether a result is good is for the parts that have a rule about results.
     */
    public infix fun and(other: RetryPolicy): RetryPolicy = RetryPolicy(JoinedPolicy(Join.And, logic, other.logic))

    /**
     * Goes on if either goes on, with the shorter wait. Associative, commutative, idempotent. Where both stop, the reason is the weaker
     * one.
     */
    public infix fun or(other: RetryPolicy): RetryPolicy = RetryPolicy(JoinedPolicy(Join.Or, logic, other.logic))

    /**
     * This policy until one of its limits ends it, then [other] from its beginning.
     *
     * The failure that ended this policy is the first one [other] is asked about, so the waits of both follow each other and no attempt is
     * added: three attempts then three attempts are five. A failure that this policy does not retry ends the run; [other] is not asked.
     * An attempt that the end of `within` cuts is such a failure, with the time of [other] still to come; one that starts late, past that
     * end, has the time of [other].
     */
    public infix fun then(other: RetryPolicy): RetryPolicy = RetryPolicy(ThenPolicy(logic, other.logic))

    /**
     * A line of decisions about one run: a fresh one, or, given the [memory][PolicySession.memory] of another one, its continuation. [random] draws the jitter.
     *
     * @throws IllegalArgumentException if [memory] is not that of a run of this policy.
     */
    public fun decisions(
        random: Random = Random.Default,
        memory: String? = null,
    ): PolicySession = PolicySession(logic, random, memory)

    private val plainRetry by lazy { retry { policy(this@RetryPolicy) } }

    /**
     * A [Retry] with this policy and nothing else; always the same object.
     *
     * @throws IllegalArgumentException if nothing ends this policy.
     */
    public fun toRetry(): Retry = plainRetry

    /** The notation that [parse] reads back. Where the policy holds code, `{…}` stands in its place. */
    override fun toString(): String = logic.toString()

    override fun equals(other: Any?): Boolean = other is RetryPolicy && logic == other.logic

    override fun hashCode(): Int = logic.hashCode()

    /**
     * The notation that [parse] reads back, for a file or a database.
     *
     * @throws IllegalStateException if the policy holds code; the message names each rule that does.
     */
    public fun notation(): String {
        val code = logic.code
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
    ): Simulation = logic.simulated(Random(seed), retries, attempt, failure)

    /**
     * This policy in words, with its first waits and its totals, and what looks like a mistake in it. Simulates a run of 1000 retries at
     * most.
     */
    public fun explain(): Explanation = logic.explained()

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
        ): RetryPolicy = RetryPolicy(PolicyParser(text, classLoader ?: RetryPolicy::class.java.classLoader).parse())

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
