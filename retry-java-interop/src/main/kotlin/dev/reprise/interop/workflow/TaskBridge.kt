package dev.reprise.interop.workflow

import dev.reprise.workflow.model.ControllerAttempt
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.ExecutionScope
import dev.reprise.workflow.model.Input
import dev.reprise.workflow.model.Key
import dev.reprise.workflow.model.RevertScope
import dev.reprise.workflow.model.TaskHandle
import dev.reprise.workflow.model.TaskOutcome
import dev.reprise.workflow.model.TaskScope
import dev.reprise.workflow.model.WorkflowBuilder
import kotlinx.coroutines.CancellationException
import java.util.concurrent.CompletionStage
import java.util.function.Function

/** The suspend functions of tasks, made of Java code. */
internal object TaskBridge {
    @JvmStatic
    fun <R> task(
        builder: WorkflowBuilder,
        name: String,
        inputs: List<Input<*>>,
        body: TaskBody<R>,
    ): TaskHandle<R> = builder.task(name, inputs) { call(body) }

    @JvmStatic
    fun <R> taskAsync(
        builder: WorkflowBuilder,
        name: String,
        inputs: List<Input<*>>,
        body: TaskBody<out CompletionStage<R>?>,
    ): TaskHandle<R> =
        builder.task(name, inputs) {
            var made: CompletionStage<R>? = null
            try {
                call(TaskBody { context -> made = body.execute(context) })
                (made ?: throw NullPointerException("$name returned null; the body must return a CompletionStage")).result()
            } catch (e: CancellationException) {
                // Perhaps between the body and the wait for what it made.
                made?.toCompletableFuture()?.cancel(true)
                throw e
            }
        }

    private suspend fun <R> TaskScope.call(body: TaskBody<R>): R = TaskContext(this).use { context -> blocking { body.execute(context) } }

    @JvmStatic
    fun <T, R> mapTask(
        builder: WorkflowBuilder,
        name: String,
        inputs: List<Input<T>>,
        provides: List<Key<in R>>,
        transform: TaskBody.Of1<T, R>,
    ): TaskHandle<List<R>> = builder.mapTask(name, inputs, provides) { blocking { transform.execute(it) } }

    @JvmStatic
    fun <T> reduceTask(
        builder: WorkflowBuilder,
        name: String,
        inputs: List<Input<T>>,
        operation: TaskBody.Of2<T, T, T>,
    ): TaskHandle<T> = builder.reduceTask(name, inputs) { sum, next -> blocking { operation.execute(sum, next) } }

    @JvmStatic
    fun <R> revert(
        task: TaskHandle<R>,
        undo: RevertBody<R>,
    ) = task.revertOutcome { outcome -> RevertContext(this).use { context -> blocking { undo.revert(outcome, context) } } }

    /** The result is what undoing is about; a task that threw has none. */
    @JvmStatic
    fun <R> undo(
        task: TaskHandle<R>,
        undo: Undo<R>,
    ) = revert(task) { outcome, _ -> if (outcome is TaskOutcome.Returned) undo.undo(outcome.value) }

    @JvmStatic
    fun <R, T> provides(
        task: TaskHandle<R>,
        key: Key<in T>,
        part: Function<in R, out T>,
    ) = task.provides(key) { part.apply(it) }

    @JvmStatic
    fun <R> preExecute(
        task: TaskHandle<R>,
        hook: Hook<TaskContext>,
    ) = task.preExecute { TaskContext(this).use { context -> blocking { hook.call(context) } } }

    @JvmStatic
    fun <R> postExecute(
        task: TaskHandle<R>,
        hook: Hook<in R>,
    ) = task.postExecute { result -> blocking { hook.call(result) } }

    @JvmStatic
    fun <R> preRevert(
        task: TaskHandle<R>,
        hook: Hook<RevertContext>,
    ) = task.preRevert { RevertContext(this).use { context -> blocking { hook.call(context) } } }

    @JvmStatic
    fun <R> postRevert(
        task: TaskHandle<R>,
        hook: Hook<RevertContext>,
    ) = task.postRevert { RevertContext(this).use { context -> blocking { hook.call(context) } } }

    /** The run waits for the task meanwhile, so this thread may write into it. */
    @JvmStatic
    fun progress(
        scope: ExecutionScope,
        fraction: Double,
    ) = runToEnd { scope.progress(fraction) }

    @JvmStatic
    fun isCausedBy(
        scope: RevertScope,
        type: Class<out Throwable>,
    ): Boolean = ControllerHistory(listOf(ControllerAttempt(null, scope.failures))).causedBy(type.kotlin)

    private inline fun <C : TaskContext, T> C.use(code: (C) -> T): T =
        try {
            code(this)
        } finally {
            end()
        }
}
