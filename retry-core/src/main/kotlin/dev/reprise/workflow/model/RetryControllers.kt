@file:JvmName("RetryControllers")

package dev.reprise.workflow.model

import dev.reprise.RetryPolicy
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import kotlin.random.Random

/**
 * Runs up to [attempts] attempts in total, including the first; 0 counts as 1. Provides the 1-based number of the attempt.
 *
 * Gives up with [ControllerDecision.Revert], or with [ControllerDecision.RevertAll] if [revertAll] is true.
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

private fun giveUp(revertAll: Boolean): ControllerDecision = if (revertAll) ControllerDecision.RevertAll else ControllerDecision.Revert

private class TimesController(
    private val attempts: Int,
    provides: Key<Int>?,
    name: String?,
    private val revertAll: Boolean,
) : RetryController<Int>(name, provides) {
    override suspend fun execute(history: ControllerHistory) = history.size + 1

    override fun onFailure(history: ControllerHistory) = if (history.size < attempts) ControllerDecision.Retry() else giveUp(revertAll)
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
        if (left.isEmpty()) throw NoSuchElementException("no elements left")
        return left.first()
    }

    override fun onFailure(history: ControllerHistory) = if (left(history).isEmpty()) giveUp(revertAll) else ControllerDecision.Retry()

    /** Each value that was tried removes one equal value from the list. */
    private fun left(history: ControllerHistory): List<T> {
        val left = values(history).toMutableList()
        history.values.forEach { left.remove(it) }
        return left
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

    /** The state of a policy between two decisions is rebuilt from the history, so that it survives a crash like everything else. */
    override fun onFailure(history: ControllerHistory): ControllerDecision {
        val session = policy.session(random)
        // Most policies have no state: then the number of the attempt is enough, and a long history costs nothing.
        val first = if (session.state == null) history.size - 1 else 0
        var decision: Decision? = null
        for (index in maxOf(first, 0) until history.size) {
            val attempt = history.attempts[index]
            attempt.lastFailure?.let { decision = session.decide(FailedAttempt(index + 1, attempt.elapsed, it)) }
        }
        return if (decision is Decision.RetryAfter) ControllerDecision.Retry(decision.delay) else giveUp(revertAll)
    }
}
