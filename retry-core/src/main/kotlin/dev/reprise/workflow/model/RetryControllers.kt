@file:JvmName("RetryControllers")

package dev.reprise.workflow.model

import dev.reprise.PolicySession
import dev.reprise.RetryPolicy
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import java.util.BitSet
import kotlin.random.Random

/**
 * Runs up to [attempts] attempts in total, including the first; 0 counts as 1. Provides the 1-based number of the attempt.
 *
 * Gives up with [ControllerDecision.Revert], or with [ControllerDecision.RevertAll] if [revertAll] is true; immediately after a
 * [VirtualMachineError], such as lack of memory.
 *
 * @throws IllegalArgumentException if [attempts] is negative.
 */
@JvmOverloads
public fun times(
    attempts: Int,
    provides: Key<Int>? = null,
    name: String? = null,
    revertAll: Boolean = false,
): RetryController<Int> {
    require(attempts >= 0) { "attempts must not be negative, but was $attempts" }
    return TimesController(attempts, provides, name, revertAll)
}

/**
 * Tries [values] one after the other and provides the current one. A value that is in the list twice is tried twice.
 *
 * Gives up like [times]. A workflow with an empty list is rejected when it is built.
 */
@JvmOverloads
public fun <T> forEach(
    values: List<T>,
    provides: Key<in T>? = null,
    name: String? = null,
    revertAll: Boolean = false,
): RetryController<T> = ForEachController(provides, name, emptyList(), revertAll, values.isEmpty()) { values }

/** Like [forEach], with the list under [values], which is read again for each attempt and each decision. An empty list is a failure of the controller. */
@JvmOverloads
public fun <T> parameterizedForEach(
    values: Input<List<T>>,
    provides: Key<in T>? = null,
    name: String? = null,
    revertAll: Boolean = false,
): RetryController<T> = ForEachController(provides, name, listOf(values), revertAll) { it[values] }

/** Decides [ControllerDecision.Revert] for every failure: its workflow is reverted as a unit. */
@JvmOverloads
public fun alwaysRevert(name: String? = null): RetryController<Unit> = ConstantController(name, ControllerDecision.Revert)

/** Decides [ControllerDecision.RevertAll] for every failure: a failure in its workflow reverts the whole run. */
@JvmOverloads
public fun alwaysRevertAll(name: String? = null): RetryController<Unit> = ConstantController(name, ControllerDecision.RevertAll)

/**
 * Uses [policy] to decide which failures are retried and after which delay. Provides the 1-based number of the attempt.
 *
 * The policy's `maxDuration` counts the time from the first attempt to the failure, without the time in which no process ran; its
 * `initialDelay` and `attemptTimeout` are for single calls and are ignored. Gives up like [times]. [random] draws the jitter.
 */
@JvmOverloads
public fun byPolicy(
    policy: RetryPolicy,
    provides: Key<Int>? = null,
    name: String? = null,
    revertAll: Boolean = false,
    random: Random = Random.Default,
): RetryController<Int> = PolicyController(policy, provides, name, revertAll, random)

/** Out of memory, for instance: another attempt would do harm. Each failure is decided about when it is the latest. */
private val ControllerHistory.isMachineBroken: Boolean get() = lastFailure?.isCausedBy(VirtualMachineError::class.java) == true

private fun giveUp(revertAll: Boolean): ControllerDecision = if (revertAll) ControllerDecision.RevertAll else ControllerDecision.Revert

private class TimesController(
    private val attempts: Int,
    provides: Key<Int>?,
    name: String?,
    private val revertAll: Boolean,
) : RetryController<Int>(name, provides) {
    override suspend fun execute(history: ControllerHistory) = history.size + 1

    override fun onFailure(history: ControllerHistory) =
        if (history.size < attempts && !history.isMachineBroken) ControllerDecision.Retry() else giveUp(revertAll)
}

internal class ForEachController<T>(
    provides: Key<in T>?,
    name: String?,
    requires: List<Input<*>>,
    private val revertAll: Boolean,
    override val hasNothingToTry: Boolean = false,
    private val values: (ControllerHistory) -> List<T>,
) : RetryController<T>(name, provides, requires) {
    override suspend fun execute(history: ControllerHistory): T {
        val left = left(history)
        if (left.isEmpty) throw NoSuchElementException("no elements left")
        return left.first
    }

    override fun onFailure(history: ControllerHistory) =
        if (left(history).isEmpty || history.isMachineBroken) giveUp(revertAll) else ControllerDecision.Retry()

    @Suppress("UNCHECKED_CAST")
    private fun left(history: ControllerHistory): ValuesLeft<T> =
        synchronized(history.notes) {
            val values = values(history)
            val known = (history.notes.content as? ValuesLeft<T>)?.takeIf { it.fits(values, history) }
            return (known ?: ValuesLeft(values)).also {
                it.takeThoseOf(history)
                history.notes.content = it
            }
        }
}

/** What is left of [values]: each value that was tried takes one equal value out of the list, the first one there is. */
private class ValuesLeft<T>(
    private val values: List<T>,
) {
    private val size = values.size
    private val taken = BitSet(size)
    private var next = 0
    private var seen = 0

    val isEmpty: Boolean get() = next >= size
    val first: T get() = values[next]

    fun fits(
        values: List<T>,
        history: ControllerHistory,
    ): Boolean = this.values === values && size == values.size && seen <= history.size

    fun takeThoseOf(history: ControllerHistory) {
        while (seen < history.size) take(history.attempts[seen++].value)
    }

    /** Nearly always it is the next one. */
    private fun take(value: Any?) {
        val position = (next until size).firstOrNull { !taken[it] && values[it] == value } ?: return
        taken.set(position)
        while (next < size && taken[next]) next++
    }
}

private class ConstantController(
    name: String?,
    private val resolution: ControllerDecision,
) : RetryController<Unit>(name) {
    override suspend fun execute(history: ControllerHistory) = Unit

    override fun onFailure(history: ControllerHistory) = resolution
}

private class PolicyController(
    private val policy: RetryPolicy,
    provides: Key<Int>?,
    name: String?,
    private val revertAll: Boolean,
    private val random: Random,
) : RetryController<Int>(name, provides) {
    override suspend fun execute(history: ControllerHistory) = history.size + 1

    /**
     * What the policy remembers between two decisions is stored with the attempt, so that it survives a crash. If [policy] has been replaced by one
     * that remembers something else, it starts afresh.
     */
    override fun onFailure(history: ControllerHistory): ControllerDecision {
        val failure = history.lastFailure ?: return giveUp(revertAll)
        val session = session(history)
        val decision = session.decide(FailedAttempt(history.size, history.attempts.last().elapsed, failure))
        return if (decision is Decision.RetryAfter) ControllerDecision.Retry(decision.delay, session.state) else giveUp(revertAll)
    }

    private fun session(history: ControllerHistory): PolicySession {
        val fresh = policy.session(random)
        val state = (if (fresh.state == null) null else stateBefore(history)) ?: return fresh
        return try {
            policy.session(random, state)
        } catch (_: IllegalArgumentException) {
            fresh
        }
    }

    /** An attempt after which the policy gave up has none: the run was reset, and continues with its history. */
    private fun stateBefore(history: ControllerHistory): String? =
        history.attempts
            .subList(0, history.size - 1)
            .asReversed()
            .firstNotNullOfOrNull { it.policyState }
}
