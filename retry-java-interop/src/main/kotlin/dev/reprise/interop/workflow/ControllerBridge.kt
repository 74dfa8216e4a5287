package dev.reprise.interop.workflow

import dev.reprise.RetryPolicy
import dev.reprise.workflow.model.ControllerAttempt
import dev.reprise.workflow.model.Input
import dev.reprise.workflow.model.Key
import dev.reprise.workflow.model.RetryController
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import dev.reprise.workflow.model.ControllerDecision as CoreControllerDecision
import dev.reprise.workflow.model.ControllerHistory as CoreControllerHistory

/** Controllers and their histories, which know Kotlin's durations and suspend functions. */
internal object ControllerBridge {
    @JvmStatic
    fun times(
        attempts: Int,
        provides: Key<in Int>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<Int> =
        dev.reprise.workflow.model
            .times(attempts, provides.asKey(), name, revertAll)

    @JvmStatic
    fun <T> forEach(
        values: List<T>,
        provides: Key<in T>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<T> =
        dev.reprise.workflow.model
            .forEach(values, provides, name, revertAll)

    @JvmStatic
    fun <T> parameterizedForEach(
        values: Input<List<T>>,
        provides: Key<in T>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<T> =
        dev.reprise.workflow.model
            .parameterizedForEach(values, provides, name, revertAll)

    @JvmStatic
    fun alwaysRevert(
        name: String?,
        revertAll: Boolean,
    ): RetryController<*> =
        if (revertAll) {
            dev.reprise.workflow.model
                .alwaysRevertAll(name)
        } else {
            dev.reprise.workflow.model
                .alwaysRevert(name)
        }

    @JvmStatic
    fun byPolicy(
        policy: RetryPolicy,
        provides: Key<in Int>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<Int> =
        dev.reprise.workflow.model
            .byPolicy(policy, provides.asKey(), name, revertAll)

    @JvmStatic
    fun <T> custom(
        controller: BlockingController<T>,
        provides: Key<in T>?,
        name: String?,
        revertAll: Boolean,
    ): RetryController<T> = JavaController(controller, provides, name, revertAll)

    @JvmStatic
    fun attempts(history: CoreControllerHistory): List<ControllerHistory.Attempt> = history.attempts.map(::attempt)

    private fun attempt(attempt: ControllerAttempt) =
        ControllerHistory.Attempt(attempt.value, attempt.failures, attempt.elapsed.toJavaDuration(), attempt.wait.toJavaDuration())

    @JvmStatic
    fun history(attempts: List<ControllerHistory.Attempt>): CoreControllerHistory =
        CoreControllerHistory(
            attempts.map { ControllerAttempt(it.value, it.failures, it.elapsed.toKotlinDuration(), it.nextWait.toKotlinDuration()) },
        )

    @JvmStatic
    fun isCausedBy(
        history: CoreControllerHistory,
        type: Class<out Throwable>,
    ): Boolean = history.causedBy(type.kotlin)

    /** A key of a supertype takes the number as well. */
    @Suppress("UNCHECKED_CAST")
    private fun Key<in Int>?.asKey() = this as Key<Int>?
}

private class JavaController<T>(
    private val code: BlockingController<T>,
    provides: Key<in T>?,
    name: String?,
    private val revertAll: Boolean,
) : RetryController<T>(name, provides, code.requires(), code.version()) {
    override suspend fun execute(history: CoreControllerHistory): T = blocking { code.execute(ControllerHistory(history)) }

    override fun onFailure(history: CoreControllerHistory): CoreControllerDecision =
        when (val decision = code.onFailure(ControllerHistory(history))) {
            is ControllerDecision.Retry -> CoreControllerDecision.Retry(decision.after.toKotlinDuration())
            is ControllerDecision.Revert -> if (revertAll) CoreControllerDecision.RevertAll else CoreControllerDecision.Revert
            is ControllerDecision.RevertAll -> CoreControllerDecision.RevertAll
        }

    override suspend fun revert(history: CoreControllerHistory): Any? = blocking { code.revert(ControllerHistory(history)) }
}
