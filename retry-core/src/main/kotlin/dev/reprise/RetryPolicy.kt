package dev.reprise

import dev.reprise.internal.policy.AnyFailure
import dev.reprise.internal.policy.GeneratorRandom
import dev.reprise.internal.policy.Join
import dev.reprise.internal.policy.JoinedPolicy
import dev.reprise.internal.policy.PolicyLogic
import dev.reprise.internal.policy.PolicyParser
import dev.reprise.internal.policy.ThenPolicy
import dev.reprise.internal.policy.explained
import dev.reprise.internal.policy.simulated
import dev.reprise.policy.Explanation
import dev.reprise.policy.Simulation
import java.util.random.RandomGenerator
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * Which failures are retried, how long the delays are, and when a run gives up: a pure, immutable value.
 *
 * It uses no clock, no coroutine and no I/O: from the facts of an attempt it computes a [Decision][dev.reprise.policy.Decision]. The
 * in-process runners, the durable queue and the workflow controllers use the same policies. One value can serve any number of concurrent
 * runs.
 *
 * A policy prints itself in a notation that [parse] reads.
 */
public class RetryPolicy internal constructor(
    internal val logic: PolicyLogic,
) {
    /**
     * Stops if either stops; otherwise uses the longer delay. Associative, commutative, idempotent. If both stop, the reason is the
     * first of `NOT_RETRYABLE`, `DEADLINE` and `EXHAUSTED`. Only the parts with a rule about results decide whether a result is accepted.
     */
    public infix fun and(other: RetryPolicy): RetryPolicy = RetryPolicy(JoinedPolicy(Join.And, logic, other.logic))

    /**
     * Continues if either continues, with the shorter delay. Associative, commutative, idempotent. If both stop, the reason is the last
     * of these.
     */
    public infix fun or(other: RetryPolicy): RetryPolicy = RetryPolicy(JoinedPolicy(Join.Or, logic, other.logic))

    /**
     * Returns a policy that uses this one until one of its limits ends it, and then [other] from its start.
     *
     * [other] decides first about the failure that ended this policy, so the delays of both follow each other and no attempt is added: three
     * attempts then three attempts are five. A failure that this policy does not retry ends the run without [other].
     *
     * An attempt that `maxDuration` of this policy cancels is decided by [other], whose time starts then. An attempt that starts after that
     * `maxDuration`, because its delay took longer, has the time of [other]. A hint that exceeds `maxRetryAfter` of this policy ends it like
     * any limit.
     */
    public infix fun then(other: RetryPolicy): RetryPolicy = RetryPolicy(ThenPolicy(logic, other.logic))

    /**
     * Returns a session that decides one run: a new one, or, with the [state][PolicySession.state] of another session, its continuation.
     * [random] draws the jitter.
     *
     * @throws IllegalArgumentException if [state] is not the state of a run of this policy.
     */
    @JvmSynthetic
    public fun session(
        random: Random = Random.Default,
        state: String? = null,
    ): PolicySession = PolicySession(logic, random, state)

    /** Returns a session that decides a new run. */
    public fun session(): PolicySession = session(Random.Default, null)

    /**
     * Returns a session that decides one run: a new one if [state] is null, otherwise the continuation of another session. [random] draws the
     * jitter.
     *
     * @throws IllegalArgumentException if [state] is not the state of a run of this policy.
     */
    public fun session(
        random: RandomGenerator,
        state: String?,
    ): PolicySession = session(GeneratorRandom(random), state)

    /** What each call of a queue is stored with is printed once. */
    private val text by lazy { logic.toString() }
    private val code by lazy { logic.code }
    private val plainRetry by lazy { retry { policy(this@RetryPolicy) } }

    /**
     * Returns a [Retry] with this policy and no other settings; always the same object.
     *
     * @throws IllegalArgumentException if nothing ends this policy.
     */
    public fun toRetry(): Retry = plainRetry

    /** The notation that [parse] reads. `{…}` replaces code. */
    override fun toString(): String = text

    override fun equals(other: Any?): Boolean = other is RetryPolicy && logic == other.logic

    override fun hashCode(): Int = logic.hashCode()

    /**
     * The notation that [parse] reads, for a file or a database.
     *
     * @throws IllegalStateException if the policy holds code; the message names each rule that does.
     */
    public fun notation(): String {
        check(code.isEmpty()) { "this policy holds code and cannot be stored: ${code.joinToString()}" }
        return text
    }

    /**
     * Simulates a run in which every attempt takes [attempt] and fails with [failure], for at most [retries] delays: no clock, no waiting. The
     * same [seed] gives the same jitter.
     *
     * Default of [failure]: one that every policy retries, unless it never retries exceptions. Set it to see the delays of an `on` with a
     * separate schedule. Code inside the policy runs as in a real run; a `failureTester` can end the run.
     *
     * @throws IllegalArgumentException if [retries] or [attempt] is negative.
     */
    @JvmSynthetic
    public fun simulate(
        seed: Long = 0,
        retries: Int = 100,
        attempt: Duration = Duration.ZERO,
        failure: Throwable = AnyFailure(),
    ): Simulation = logic.simulated(Random(seed), retries, attempt, failure)

    /** Simulates a run in which every attempt fails immediately, for at most [retries] delays. */
    public fun simulate(
        seed: Long,
        retries: Int,
    ): Simulation = simulate(seed, retries, Duration.ZERO)

    /** Simulates a run in which every attempt takes [attempt] and fails, for at most [retries] delays. */
    public fun simulate(
        seed: Long,
        retries: Int,
        attempt: JavaDuration,
    ): Simulation = simulate(seed, retries, attempt.toKotlinDuration())

    /**
     * Describes this policy in words, with its first delays, its totals, and probable mistakes. Simulates a run of 1000 retries at
     * most.
     */
    public fun explain(): Explanation = logic.explained()

    public companion object {
        /** Returns a new builder: the Java form of `retryPolicy { }`. */
        @JvmStatic
        public fun builder(): RetryPolicyBuilder = RetryPolicyBuilder()

        /**
         * Reads the notation in which policies print themselves: the calls of the builder, separated by spaces, with compact durations and
         * full class names; policies can be joined, with brackets.
         *
         * ```
         * exponential(100ms, factor=1.5, max=10s) jitter(equal) maxAttempts(5) maxDuration(1m30s) attemptTimeout(2s)
         * uniform(1s, 3s) maxRetryAfter(1m) maxDuration(30s, cancel=false)
         * every(1m) jitter(0.5) forever on(java.net.ConnectException) on(java.io.IOException, inCauses) unless(java.io.FileNotFoundException)
         * on(com.acme.Throttled, schedule=exponential(1s)) initialDelay(1s) maxAttempts(3) rethrow(first) returnLastResult
         * exponential(20ms) maxAttempts(5) on(sql) on(network, schedule=every(1s))
         * (delays(1s, 2s) then every(1m) maxAttempts(10))
         * ```
         *
         * A word without a dot, such as `sql`, names a table of [TransientFailures][dev.reprise.policy.TransientFailures], everything else a
         * class. Classes are loaded from [classLoader] (default: the context class loader of the thread) and are not initialised.
         *
         * @throws dev.reprise.policy.RetryPolicyParseException if [text] is not such a notation, names a class that is not found or not a `Throwable`, or
         * breaks a rule of the builder; the message points at the place.
         */
        @JvmStatic
        @JvmOverloads
        public fun parse(
            text: String,
            classLoader: ClassLoader? = Thread.currentThread().contextClassLoader,
        ): RetryPolicy = RetryPolicy(PolicyParser(text, classLoader ?: RetryPolicy::class.java.classLoader).parse())
    }
}
