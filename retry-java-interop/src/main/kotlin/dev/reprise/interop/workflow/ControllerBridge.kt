package dev.reprise.interop.workflow

import dev.reprise.policy.RetryPolicy
import dev.reprise.workflow.History
import dev.reprise.workflow.HistoryAttempt
import dev.reprise.workflow.Input
import dev.reprise.workflow.Key
import dev.reprise.workflow.Resolution
import dev.reprise.workflow.RetryController
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/** Controllers and their histories, which know Kotlin's durations and suspend functions. */
internal object ControllerBridge {
    @JvmStatic
    fun times(
        attempts: Int,
        provides: Key<in Int>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<Int> = dev.reprise.workflow.times(attempts, provides.asKey(), name, revertAll)

    @JvmStatic
    fun <T> forEach(
        values: List<T>,
        provides: Key<in T>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<T> = dev.reprise.workflow.forEach(values, provides, name, revertAll)

    @JvmStatic
    fun <T> parameterizedForEach(
        values: Input<List<T>>,
        provides: Key<in T>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<T> = dev.reprise.workflow.parameterizedForEach(values, provides, name, revertAll)

    @JvmStatic
    fun alwaysRevert(
        name: String?,
        revertAll: Boolean,
    ): RetryController<*> = if (revertAll) dev.reprise.workflow.alwaysRevertAll(name) else dev.reprise.workflow.alwaysRevert(name)

    @JvmStatic
    fun byPolicy(
        policy: RetryPolicy,
        provides: Key<in Int>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<Int> = dev.reprise.workflow.byPolicy(policy, provides.asKey(), name, revertAll)

    @JvmStatic
    fun <T> custom(
        controller: CustomController<T>,
        provides: Key<in T>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<T> = JavaController(controller, provides, name, revertAll)

    @JvmStatic
    fun attempts(history: History): List<ControllerHistory.Attempt> = history.attempts.map(::attempt)

    private fun attempt(attempt: HistoryAttempt) =
        ControllerHistory.Attempt(attempt.value, attempt.failures, attempt.elapsed.toJavaDuration(), attempt.wait.toJavaDuration())

    @JvmStatic
    fun history(attempts: List<ControllerHistory.Attempt>): History =
        History(
            attempts.map { HistoryAttempt(it.value, it.failures, it.elapsed.toKotlinDuration(), it.nextWait.toKotlinDuration()) },
        )

    @JvmStatic
    fun isCausedBy(
        history: History,
        type: Class<out Throwable>,
    ): Boolean = history.causedBy(type.kotlin)

    /** A key of a supertype takes the number as well. */
    @Suppress("UNCHECKED_CAST")
    private fun Key<in Int>?.asKey() = this as Key<Int>?
}

private class JavaController<T>(
    private val code: CustomController<T>,
    provides: Key<in T>?,
    name: String?,
    private val revertAll: Boolean,
) : RetryController<T>(name, provides, code.requires(), code.version()) {
    override suspend fun execute(history: History): T = blocking { code.execute(ControllerHistory(history)) }

    override fun onFailure(history: History): Resolution =
        when (val decision = code.onFailure(ControllerHistory(history))) {
            is ControllerDecision.Retry -> Resolution.Retry(decision.after.toKotlinDuration())
            is ControllerDecision.Revert -> if (revertAll) Resolution.RevertAll else Resolution.Revert
            is ControllerDecision.RevertAll -> Resolution.RevertAll
        }

    override suspend fun revert(history: History): Any? = blocking { code.revert(ControllerHistory(history)) }
}
