package dev.reprise.workflow.model

import dev.reprise.internal.util.GrowingMap
import dev.reprise.internal.util.chain
import dev.reprise.policy.isOf
import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/** One attempt of a controller: what it provided, and how the tasks in its workflow failed. An immutable value. */
public class ControllerAttempt private constructor(
    /** What the controller's execute returned. */
    public val value: Any?,
    private val failed: GrowingMap<Throwable>,
    /** The time from the start of the first attempt to the latest of [failures], without the time in which no process ran. */
    @get:JvmSynthetic
    public val elapsed: Duration,
    /** The delay that was decided after this attempt. */
    @get:JvmSynthetic
    public val delay: Duration,
    /** What the policy of a [byPolicy] remembers after its decision about this attempt, as text; null if there is nothing to remember. */
    public val policyState: String?,
) {
    internal constructor(
        value: Any?,
        failures: Map<String, Throwable> = emptyMap(),
        elapsed: Duration = Duration.ZERO,
        delay: Duration = Duration.ZERO,
        policyState: String? = null,
    ) : this(value, GrowingMap.of(failures), elapsed, delay, policyState)

    /** The failures of this attempt by task, in the order in which they occurred. An inner controller that gave up is in it under its own name. */
    public val failures: Map<String, Throwable> get() = failed

    /** The time from the start of the first attempt to the latest of [failures], without the time in which no process ran. */
    public fun getElapsed(): java.time.Duration = elapsed.toJavaDuration()

    /** The delay that was decided after this attempt. */
    public fun getDelay(): java.time.Duration = delay.toJavaDuration()

    internal val lastFailure: Throwable? get() = failed.last

    /** The failures of this attempt that [earlier], a former form of it, does not have; null if [earlier] has others. */
    internal fun failuresSince(earlier: ControllerAttempt): List<Map.Entry<String, Throwable>>? =
        if (failed.continues(earlier.failed)) failed.from(earlier.failed.size) else null

    internal fun plus(
        task: String,
        failure: Throwable,
        elapsed: Duration,
    ) = if (task in failed) this else ControllerAttempt(value, failed.plus(task, failure), elapsed, delay, policyState)

    internal fun then(decision: ControllerDecision.Retry) = ControllerAttempt(value, failed, elapsed, decision.delay, decision.policyState)

    /** This attempt with another value, and with the failures of [copied] and [more]. */
    internal fun copy(
        value: Any?,
        copied: ControllerAttempt?,
        more: Iterable<Map.Entry<String, Throwable>>,
    ) = ControllerAttempt(value, (copied?.failed ?: GrowingMap.empty()).plus(more), elapsed, delay, policyState)

    override fun toString(): String = if (failed.isEmpty()) "$value" else "$value failed: $failed"

    public companion object {
        /** An attempt, for tests of controllers and for stores. */
        @JvmStatic
        @JvmOverloads
        public fun of(
            value: Any?,
            failures: Map<String, Throwable> = emptyMap(),
            elapsed: java.time.Duration = java.time.Duration.ZERO,
            delay: java.time.Duration = java.time.Duration.ZERO,
            policyState: String? = null,
        ): ControllerAttempt = ControllerAttempt(value, failures, elapsed.toKotlinDuration(), delay.toKotlinDuration(), policyState)
    }
}

/**
 * What a controller has tried so far. An immutable value.
 *
 * [attempts] are the attempts whose execute returned, oldest first, including the running one. It is empty before the first attempt, and
 * after a revert of the controller.
 */
public class ControllerHistory private constructor(
    private val all: AttemptList,
    /** What the controller's own execute threw, if its latest call threw. */
    public val ownFailure: Throwable?,
    private val inputs: Map<String, Any?>,
    /** What the controller made of these attempts, so that its next decision need not look at all of them again. */
    internal val notes: Notes,
) {
    internal constructor(
        attempts: List<ControllerAttempt>,
        ownFailure: Throwable? = null,
    ) : this(AttemptList.of(attempts), ownFailure, emptyMap(), Notes())

    /** A cache: it is lost with the process, and filled again from the attempts. */
    internal class Notes {
        var content: Any? = null
    }

    /** The attempts, oldest first. */
    public val attempts: List<ControllerAttempt> get() = all

    /** The number of attempts. */
    public val size: Int get() = attempts.size

    /** What the controller provided, oldest first. */
    public val values: List<Any?> get() = attempts.map { it.value }

    /** The failures of the running attempt by the name of the atom. */
    public val failures: Map<String, Throwable> get() = attempts.lastOrNull()?.failures.orEmpty()

    internal val lastValue: Any? get() = attempts.lastOrNull()?.value

    /** The delay that was decided after the latest attempt. */
    internal val lastDelay: Duration get() = attempts.lastOrNull()?.delay ?: Duration.ZERO

    /** The latest failure of the running attempt. */
    public val lastFailure: Throwable? get() = attempts.lastOrNull()?.lastFailure

    /**
     * The value of something that the controller requires.
     *
     * @throws IllegalArgumentException if the controller does not require it.
     */
    @Suppress("UNCHECKED_CAST")
    public operator fun <T> get(input: Input<T>): T {
        require(input.key.name in inputs) { "the controller does not require ${input.key}" }
        return inputs[input.key.name] as T
    }

    /** True if a failure of the running attempt, or one of its causes, is an [E]. */
    public inline fun <reified E : Throwable> causedBy(): Boolean = causedBy(E::class.java)

    /** True if a failure of the running attempt, or one of its causes, is a [type]. */
    public fun causedBy(type: Class<out Throwable>): Boolean = failures.values.any { it.isCausedBy(type) }

    internal fun with(inputs: Map<String, Any?>) = ControllerHistory(all, ownFailure, inputs, notes)

    internal fun started(value: Any?) = ControllerHistory(all.with(ControllerAttempt(value)), null, emptyMap(), notes)

    internal fun broken(failure: Throwable) = ControllerHistory(all, failure, emptyMap(), notes)

    internal fun mapLast(change: (ControllerAttempt) -> ControllerAttempt): ControllerHistory =
        if (all.isEmpty()) this else ControllerHistory(all.withLast(change(all.last())), ownFailure, emptyMap(), notes)

    internal fun forgotten() = ControllerHistory(emptyList(), ownFailure)

    /** The attempts, and the controller's own failure. */
    override fun toString(): String = attempts.toString() + ownFailure?.let { " own failure: $it" }.orEmpty()

    public companion object {
        /** A new one each time: notes are not shared. */
        internal val none: ControllerHistory get() = ControllerHistory(emptyList(), null)

        /** A history of [attempts], for tests of controllers and for stores. */
        @JvmStatic
        @JvmOverloads
        public fun of(
            attempts: List<ControllerAttempt>,
            ownFailure: Throwable? = null,
        ): ControllerHistory = ControllerHistory(attempts, ownFailure)
    }
}

/**
 * Attempts that only grow at their end, where the last one can change: neither copies the others. A list never changes; several share the
 * attempts before their last ones.
 */
internal class AttemptList private constructor(
    private val earlier: Earlier,
    private val count: Int,
    private val last: ControllerAttempt?,
) : AbstractList<ControllerAttempt>(),
    RandomAccess {
    private class Earlier(
        private var items: Array<ControllerAttempt?>,
        private var size: Int,
    ) {
        operator fun get(index: Int): ControllerAttempt = items[index]!!

        /** The first [count] and one more; only the longest list of those that share them grows in place. */
        fun with(
            count: Int,
            item: ControllerAttempt,
        ): Earlier =
            synchronized(this) {
                if (size != count) return Earlier(items.copyOf(count + 1).also { it[count] = item }, count + 1)
                if (size == items.size) items = items.copyOf(maxOf(4, size * 2))
                items[size++] = item
                this
            }
    }

    override val size: Int get() = if (last == null) 0 else count + 1

    override fun get(index: Int): ControllerAttempt =
        when {
            index !in 0 until size -> throw IndexOutOfBoundsException("there is no attempt $index of $size")
            index == count -> last!!
            else -> earlier[index]
        }

    fun with(attempt: ControllerAttempt): AttemptList =
        if (last == null) AttemptList(earlier, 0, attempt) else AttemptList(earlier.with(count, last), count + 1, attempt)

    fun withLast(attempt: ControllerAttempt): AttemptList = AttemptList(earlier, count, attempt)

    companion object {
        fun of(attempts: List<ControllerAttempt>): AttemptList =
            if (attempts is AttemptList) {
                attempts
            } else {
                val count = maxOf(attempts.size - 1, 0)
                AttemptList(Earlier(Array(count, attempts::get), count), count, attempts.lastOrNull())
            }
    }
}

/** Looks at the failure and its causes, live or restored. */
internal fun Throwable.isCausedBy(type: Class<out Throwable>): Boolean = chain().any { it.isOf(type) }

/** How many attempts at the beginning of two lists are the same objects: an attempt is never modified, only replaced, and that from the end. */
internal fun sameIn(
    one: List<ControllerAttempt>,
    other: List<ControllerAttempt>,
): Int {
    var same = minOf(one.size, other.size)
    while (same > 0 && one[same - 1] !== other[same - 1]) same--
    return same
}
