package dev.reprise.workflow.model

import dev.reprise.policy.AttemptTimeoutException
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration

/** A value that an atom requires: its code reads it as [key], and it is provided as [from]. */
internal class Argument(
    val key: Key<*>,
    val from: Key<*> = key,
    val optional: Boolean = false,
    val fallback: Any? = null,
)

/** A value that an atom provides: the [part] of its result, under [key]. The part can throw if the result has none. */
internal class Output(
    val key: Key<*>,
    val part: (Any?) -> Any? = { it },
)

/** A task or a controller as the engine sees it. Immutable. */
internal sealed class Atom : WorkflowNode() {
    abstract val version: String
    abstract val priority: Int
    abstract val arguments: List<Argument>
    abstract val revertArguments: List<Argument>
    abstract val injected: Map<String, Any?>
    abstract val outputs: List<Output>

    /** What has to exist before anything runs. */
    val needed: List<Argument>
        get() {
            val all = if (revertArguments === arguments) arguments else arguments + revertArguments
            return all.filter { !it.optional && it.from.name !in injected }
        }

    override val requires: Set<String> get() = needed.mapTo(LinkedHashSet()) { it.from.name }

    override val provides: Set<String> get() = outputs.mapTo(LinkedHashSet()) { it.key.name }

    /** The part of [result] that is called [name]. */
    fun output(
        name: String,
        result: Any?,
    ): Any? = outputs.first { it.key.name == name }.part(result)
}

internal class TaskAtom(
    override val name: String,
    override val version: String,
    override val priority: Int,
    override val arguments: List<Argument>,
    override val revertArguments: List<Argument>,
    override val injected: Map<String, Any?>,
    override val outputs: List<Output>,
    /** The limit of execute; null if it has none of its own. */
    val timeout: Duration?,
    val execute: suspend (TaskScope) -> Any?,
    val revert: (suspend (RevertScope, TaskOutcome<Any?>) -> Any?)?,
) : Atom() {
    /** Calls execute for the [execution]th time, within its limit. */
    suspend fun executeWithin(
        limit: Duration,
        scope: TaskScope,
        execution: Int,
    ): Any? {
        val ended = withTimeoutOrNull(limit) { TaskOutcome.Returned(execute(scope)) }
        // The rules of controllers decide about it, as about any failure of a task.
        return (ended ?: throw AttemptTimeoutException(execution, limit).also { it.isOwn = false }).value
    }
}

internal class ControllerAtom(
    override val name: String,
    val controller: RetryController<*>,
) : Atom() {
    override val version get() = controller.version
    override val priority get() = 0
    override val arguments = controller.requires.map { Argument(it.key) }
    override val revertArguments get() = arguments
    override val injected get() = emptyMap<String, Any?>()
    override val outputs get() = controller.outputs
}
