@file:JvmName("TaskBridge")

package dev.reprise.interop.internal

import dev.reprise.interop.function.Hook
import dev.reprise.interop.function.RevertBody
import dev.reprise.interop.function.TaskBody
import dev.reprise.interop.function.Undo
import dev.reprise.workflow.model.RevertScope
import dev.reprise.workflow.model.TaskOutcome
import dev.reprise.workflow.model.TaskScope
import java.util.concurrent.CompletionStage

// Java code of tasks as suspend functions.

internal fun <R> body(body: TaskBody<R>): suspend TaskScope.() -> R = { blocking { body.execute(this) } }

internal fun <R> bodyAsync(
    name: String,
    body: TaskBody<out CompletionStage<R>?>,
): suspend TaskScope.() -> R = { TaskThreads.current().await("the task '$name'") { body.execute(this) } }

internal fun <T, R> function(function: TaskBody.Of1<T, R>): suspend (T) -> R = { blocking { function.execute(it) } }

internal fun <T> operation(operation: TaskBody.Of2<T, T, T>): suspend (T, T) -> T =
    { sum, next ->
        blocking {
            operation.execute(sum, next)
        }
    }

internal fun <R> revert(undo: RevertBody<R>): suspend RevertScope.(TaskOutcome<R>) -> Any? =
    { outcome -> blocking { undo.revert(outcome, this) } }

internal fun <R> undo(undo: Undo<R>): suspend RevertScope.(R) -> Any? = { result -> blocking { undo.undo(result) } }

internal fun <T> hook(hook: Hook<in T>): suspend (T) -> Unit = { blocking { hook.call(it) } }

/** A hook that receives the result, not its scope. */
internal fun <R> resultHook(hook: Hook<in R>): suspend TaskScope.(R) -> Unit = { result -> blocking { hook.call(result) } }
