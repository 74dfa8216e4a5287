package dev.reprise.interop.internal

import dev.reprise.interop.function.Hook
import dev.reprise.interop.function.RevertBody
import dev.reprise.interop.function.TaskBody
import dev.reprise.interop.function.Undo
import dev.reprise.workflow.model.Input
import dev.reprise.workflow.model.Key
import dev.reprise.workflow.model.RevertScope
import dev.reprise.workflow.model.TaskHandle
import dev.reprise.workflow.model.TaskOutcome
import dev.reprise.workflow.model.TaskScope
import dev.reprise.workflow.model.WorkflowBuilder
import java.util.concurrent.CompletionStage

/** Suspend functions of tasks from Java code. */
internal object TaskBridge {
    @JvmStatic
    fun <R> task(
        builder: WorkflowBuilder,
        name: String,
        body: TaskBody<R>,
    ): TaskHandle<R> = builder.task(name, emptyList()) { blocking { body.execute(this) } }

    @JvmStatic
    fun <R> taskAsync(
        builder: WorkflowBuilder,
        name: String,
        body: TaskBody<out CompletionStage<R>?>,
    ): TaskHandle<R> = builder.task(name, emptyList()) { stage(name) { body.execute(this) } }

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
    ) {
        task.revertOutcome { outcome -> blocking { undo.revert(outcome, this) } }
    }

    /** A revert receives the result; a task that threw has none. */
    @JvmStatic
    fun <R> undo(
        task: TaskHandle<R>,
        undo: Undo<R>,
    ) = revert(task) { outcome, _ -> if (outcome is TaskOutcome.Returned) undo.undo(outcome.value) }

    @JvmStatic
    fun <R> preExecute(
        task: TaskHandle<R>,
        hook: Hook<TaskScope>,
    ) = task.preExecute { blocking { hook.call(this) } }

    @JvmStatic
    fun <R> postExecute(
        task: TaskHandle<R>,
        hook: Hook<in R>,
    ) = task.postExecute { result -> blocking { hook.call(result) } }

    @JvmStatic
    fun <R> preRevert(
        task: TaskHandle<R>,
        hook: Hook<RevertScope>,
    ) = task.preRevert { blocking { hook.call(this) } }

    @JvmStatic
    fun <R> postRevert(
        task: TaskHandle<R>,
        hook: Hook<RevertScope>,
    ) = task.postRevert { blocking { hook.call(this) } }
}
