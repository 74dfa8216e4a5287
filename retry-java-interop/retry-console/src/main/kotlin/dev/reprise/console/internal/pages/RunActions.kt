package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.count
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.model.ConsoleAction
import dev.reprise.queue.model.Call
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.operate.RunSnapshot

/** What can be done to a run. */
internal class RunAction(
    val id: String,
    val words: String,
    val effect: String,
    val permission: ConsoleAction,
    /** Whether it can be done to a run; the call is null if the run is not one of a durable workflow. */
    val fits: (RunSnapshot, Call?) -> Boolean,
    val dryRun: (RunSnapshot) -> String,
    val act: suspend (Visit, RunSnapshot, reason: String?) -> Unit,
)

internal object RunActions {
    private val done = setOf(TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVERT_FAILURE)

    /** A run that no engine owns does not continue by itself, even if it is stored as running. */
    private val undoable = setOf(WorkflowState.SUCCESS, WorkflowState.SUSPENDED, WorkflowState.FAILURE, WorkflowState.RUNNING)
    private val over = setOf(WorkflowState.SUCCESS, WorkflowState.REVERTED)

    private val all =
        listOf(
            RunAction(
                "undo",
                "Undo",
                "All that has run is reverted in reverse order, by a worker that has the workflow. Its undo is a durable call.",
                ConsoleAction.UNDO,
                { run, call -> run.summary.state in undoable && !run.summary.isOwned && call != null && call.state.isEnd },
                { run -> "${count(run.tasks.count { it.state in done && !it.isController }.toLong(), "task")} would be reverted." },
                { visit, run, reason -> visit.operator.undo(run.summary.id, reason) },
            ),
            RunAction(
                "remove",
                "Remove",
                "The run and all its data are deleted for good. What its tasks did stays.",
                ConsoleAction.REMOVE,
                { run, _ -> run.summary.state in over && !run.summary.isOwned },
                { run ->
                    "The run, which is ${run.summary.state.forPeople()}, would be deleted with ${count(run.tasks.size.toLong(), "record")}."
                },
                { visit, run, reason -> remove(visit, run.summary.id, reason) },
            ),
        )

    /** Those that fit [run] and that the visitor is allowed. */
    fun of(
        visit: Visit,
        run: RunSnapshot,
        call: Call?,
    ): List<RunAction> = all.filter { visit.allows(it.permission) && it.fits(run, call) }

    /** The action [id], which the visitor must be allowed and [run] must fit. */
    fun required(
        visit: Visit,
        run: RunSnapshot,
        call: Call?,
        id: String?,
    ): RunAction {
        val action = requireNotNull(all.firstOrNull { it.id == id }) { "there is no action '${id.orEmpty()}' on runs" }
        visit.require(action.permission)
        if (!action.fits(run, call)) throw Refusal(409, "The run is ${run.summary.state.forPeople()}, so it cannot be changed like this.")
        return action
    }

    private suspend fun remove(
        visit: Visit,
        id: String,
        reason: String?,
    ) {
        val isRemoved = visit.operator.audited("remove", id, reason, { it }) { id in visit.workflows.remove(setOf(id)) }
        if (!isRemoved) throw Refusal(409, "An engine owns the run $id now, or it is gone. Try again when it has ended.")
    }
}
