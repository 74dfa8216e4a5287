package dev.reprise.workflow.model

import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * A task of a workflow; its settings can be changed until the workflow is built.
 *
 * As an [Input] it is the task's result, so that a later task can require it without a separate key.
 *
 * Every function returns the handle itself.
 */
@WorkflowDsl
public class TaskHandle<R> internal constructor(
    override val name: String,
    requires: List<Input<*>>,
    provides: Key<in R>?,
    private val execute: suspend (TaskScope) -> R,
) : Input<R>,
    GraphNode {
    private val arguments = requires.mapTo(ArrayList()) { Argument(it.key) }
    private var revertArguments: List<Argument>? = null
    private val outputs = ArrayList<Output>()
    private val injected = LinkedHashMap<String, Any?>()
    private val hooks = Hooks()
    private var reverting: (suspend (RevertScope, TaskOutcome<Any?>) -> Any?)? = null
    private var priority = 0
    private var version = Task.DEFAULT_VERSION
    private var timeout: Duration? = null

    /** The key of the result: the one that the task provides, or a generated one. */
    @Suppress("UNCHECKED_CAST")
    override val key: Key<out R> = (provides ?: Key.ofResult<R>(name)) as Key<out R>

    init {
        outputs += Output(key)
    }

    /**
     * Undoes what execute did; called with what it returned. Not called if execute threw: see [revertOutcome]. What it returns is stored
     * with the run.
     */
    public infix fun revert(undo: suspend RevertScope.(R) -> Any?): TaskHandle<R> =
        revertOutcome { if (it is TaskOutcome.Returned) undo(it.value) else null }

    /** Undoes what execute did, however it ended: also if it threw, or if its process died. Replaces [revert]. */
    public infix fun revertOutcome(undo: suspend RevertScope.(TaskOutcome<R>) -> Any?): TaskHandle<R> =
        also {
            @Suppress("UNCHECKED_CAST")
            reverting = { scope, outcome -> undo(scope, outcome as TaskOutcome<R>) }
        }

    /** Sets what revert requires, instead of what execute requires. */
    public fun revertRequires(vararg inputs: Input<*>): TaskHandle<R> = also { revertArguments = inputs.map { Argument(it.key) } }

    /** Sets the priority: of several tasks that could start, the one with the highest number starts first; also for reverts. Default: 0. */
    public fun priority(priority: Int): TaskHandle<R> = also { this.priority = priority }

    /** Sets the version that is stored with the state of the task. Default: [Task.DEFAULT_VERSION]. */
    public fun version(version: String): TaskHandle<R> = also { this.version = version }

    /**
     * Limits each execution: after [limit] it is cancelled, and has failed with an
     * [AttemptTimeoutException][dev.reprise.policy.AttemptTimeoutException]. Reverting has no limit. Default: none.
     *
     * In a durable workflow the limit of a task that has one replaces the `attemptTimeout` of the call while the task runs: that time does not count for
     * it. The deadline of the call and the `maxDuration` of its policy still apply.
     *
     * @throws IllegalArgumentException if [limit] is not positive.
     */
    @JvmSynthetic
    public fun timeout(limit: Duration): TaskHandle<R> =
        also {
            require(limit.isPositive()) { "the timeout of $name must be positive, but was $limit" }
            timeout = limit
        }

    /** The same with a `java.time.Duration`, for Java. */
    public fun timeout(limit: java.time.Duration): TaskHandle<R> = timeout(limit.toKotlinDuration())

    /** Adds [input] to what the task requires; its code reads it from its scope. */
    public fun requires(input: Input<*>): TaskHandle<R> = also { argument(Argument(input.key)) }

    /** Lets the code read the value of [from] as [input]. */
    public fun <T> rebind(
        input: Input<T>,
        from: Input<T>,
    ): TaskHandle<R> = also { argument(Argument(input.key, from.key)) }

    /** Lets the code read [input], with the value [default] if no task provides it. */
    public fun <T> optional(
        input: Input<T>,
        default: T,
    ): TaskHandle<R> = also { argument(Argument(input.key, optional = true, fallback = default)) }

    /** Sets [value] under [key] for this task alone, whatever others provide. */
    public fun <T> inject(
        key: Key<T>,
        value: T,
    ): TaskHandle<R> = also { injected[key.name] = value }

    /** Removes [input] from what the task requires, for task classes with requirements of their own. */
    public fun ignore(input: Input<*>): TaskHandle<R> =
        also {
            arguments.removeAll { it.key.name == input.key.name }
            revertArguments = revertArguments?.filter { it.key.name != input.key.name }
        }

    /** Provides a part of the result under [key] as well. If [part] throws, there is no such value. */
    public fun <T> provides(
        key: Key<in T>,
        part: (R) -> T,
    ): TaskHandle<R> =
        also {
            @Suppress("UNCHECKED_CAST")
            outputs += Output(key) { part(it as R) }
        }

    /** Called before execute. What it throws is a failure of execute. */
    public fun preExecute(hook: suspend TaskScope.() -> Unit): TaskHandle<R> = also { hooks.preExecute = hook }

    /** Called with what execute returned. What it throws is a failure of execute. */
    public fun postExecute(hook: suspend TaskScope.(R) -> Unit): TaskHandle<R> =
        also {
            @Suppress("UNCHECKED_CAST")
            hooks.postExecute = { result -> hook(result as R) }
        }

    /** Called before revert. What it throws is a failure of revert. */
    public fun preRevert(hook: suspend RevertScope.() -> Unit): TaskHandle<R> = also { hooks.preRevert = hook }

    /** Called after revert. What it throws is a failure of revert. */
    public fun postRevert(hook: suspend RevertScope.() -> Unit): TaskHandle<R> = also { hooks.postRevert = hook }

    /** Replaces an earlier setting for the same input. */
    private fun argument(argument: Argument) {
        arguments.removeAll { it.key.name == argument.key.name }
        arguments += argument
    }

    internal fun build(): TaskAtom =
        arguments.toList().let { arguments ->
            TaskAtom(
                name = name,
                version = version,
                priority = priority,
                arguments = arguments,
                revertArguments = revertArguments ?: arguments,
                injected = injected.toMap(),
                outputs = outputs.toList(),
                timeout = timeout?.takeIf { it.isFinite() },
                execute = hooks.around(execute),
                revert = hooks.around(reverting),
            )
        }
}

/** The hooks around execute and revert. Nothing is wrapped if there are none. */
private class Hooks {
    var preExecute: (suspend TaskScope.() -> Unit)? = null
    var postExecute: (suspend TaskScope.(Any?) -> Unit)? = null
    var preRevert: (suspend RevertScope.() -> Unit)? = null
    var postRevert: (suspend RevertScope.() -> Unit)? = null

    fun around(execute: suspend (TaskScope) -> Any?): suspend (TaskScope) -> Any? {
        val (before, after) = preExecute to postExecute
        if (before == null && after == null) return execute
        return { scope ->
            before?.invoke(scope)
            execute(scope).also { after?.invoke(scope, it) }
        }
    }

    fun around(revert: (suspend (RevertScope, TaskOutcome<Any?>) -> Any?)?): (suspend (RevertScope, TaskOutcome<Any?>) -> Any?)? {
        val (before, after) = preRevert to postRevert
        if (before == null && after == null) return revert
        return { scope, outcome ->
            before?.invoke(scope)
            revert?.invoke(scope, outcome).also { after?.invoke(scope) }
        }
    }
}
