package dev.reprise.console.internal.pages

import dev.reprise.console.draw.WorkflowDrawing
import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Links
import dev.reprise.console.internal.kit.Redirect
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Reply
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.age
import dev.reprise.console.internal.kit.button
import dev.reprise.console.internal.kit.callLink
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.fact
import dev.reprise.console.internal.kit.field
import dev.reprise.console.internal.kit.hidden
import dev.reprise.console.internal.kit.moment
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.postForm
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.internal.kit.scrollable
import dev.reprise.console.internal.kit.state
import dev.reprise.console.model.ConsoleAction
import dev.reprise.queue.model.Call
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.operate.RunSnapshot
import dev.reprise.workflow.operate.TaskSnapshot

/** One run of a workflow, drawn. */
internal object RunPage {
    suspend fun show(
        visit: Visit,
        id: String,
    ): HtmlPage {
        val run = read(visit, id)
        val call = visit.settings.queue.find(id)
        return HtmlPage("Run $id", section = "runs") {
            if (visit.parameter("undo") != null) {
                note("good") { +"Its undo was enqueued as a durable call, which is retried, listed and replayed like every call." }
            }
            "div"("class" to "columns") {
                graph(run)
                summary(visit, run, call)
            }
            card("Tasks and controllers") { if (run.tasks.isEmpty()) nothing("None so far.") else tasks(visit, run) }
        }
    }

    private fun Html.graph(run: RunSnapshot) =
        card("Graph") {
            val drawing = WorkflowDrawing.of(run) ?: return@card nothing("The run has not started, so its tasks are not known.")
            scrollable("Graph") { with(drawing) { inline() } }
        }

    suspend fun read(
        visit: Visit,
        id: String,
    ): RunSnapshot = visit.workflows.read(id) ?: throw Refusal.notFound("There is no run $id.")

    private fun Html.summary(
        visit: Visit,
        run: RunSnapshot,
        call: Call?,
    ) = card("Run") {
        "dl" {
            fact("Workflow", run.summary.workflow ?: "not started")
            fact("State") { state(run.summary.state.forPeople()) }
            fact("Stopped by", run.tasks.firstOrNull { it.failure != null && !it.isController }) { +"${it.name}: ${it.failure}" }
            fact("Left standing", leftStanding(run))
            fact("Owner", if (run.summary.isOwned) "an engine" else "none")
            fact("Created", run.summary.createdAt) { moment(it, visit.now) }
            fact("Changed", run.summary.changedAt) { moment(it, visit.now) }
            fact("Call", call) { callLink(visit, it.cid, it.title ?: "${it.handler} ${it.cid}") }
        }
        "div"("class" to "actions") {
            RunActions.of(visit, run, call).forEach { action ->
                "a"(
                    "class" to "button",
                    "href" to visit.link("runs/${Links.segment(run.summary.id)}/act", "action" to action.id),
                ) { +"${action.words}…" }
            }
        }
    }

    /** What a run that was reverted, or failed, has not undone. */
    private fun leftStanding(run: RunSnapshot): String? {
        val isReverted = run.tasks.any { it.state == TaskState.REVERTED || it.state == TaskState.REVERT_FAILURE }
        val left = run.tasks.filter { !it.isController && (it.state == TaskState.SUCCESS || it.state == TaskState.REVERT_FAILURE) }
        return if (isReverted && left.isNotEmpty()) left.joinToString { it.name } else null
    }

    private fun Html.tasks(
        visit: Visit,
        run: RunSnapshot,
    ) {
        val reverts = WorkflowDrawing.numberedReverts(run.tasks)
        rows(
            "Tasks and controllers",
            run.tasks,
            listOf<Column<TaskSnapshot>>(
                Column("Name") { "strong" { +it.name } },
                Column("Kind") { +if (it.isController) "controller" else "task" },
                Column("State") { task ->
                    state(task.state.forPeople())
                    reverts[task.name]?.let { "span"("class" to "quiet small aside") { +" number $it" } }
                },
                Column(
                    "Executions",
                    isNumber = true,
                ) { +(if (it.isController) "${WorkflowDrawing.attemptsOf(it)} attempts" else "${it.executions}") },
                Column("Started") { task -> task.startedAt?.let { age(it, visit.now) } ?: +"–" },
                Column("Ended") { task -> task.endedAt?.let { age(it, visit.now) } ?: +"–" },
                Column("Failure") { task ->
                    +(task.failure ?: "–")
                    task.revertFailure?.let { "div" { +"Revert: $it" } }
                },
            ),
        )
    }

    suspend fun ask(
        visit: Visit,
        id: String,
    ): HtmlPage {
        val run = read(visit, id)
        val action = RunActions.required(visit, run, visit.settings.queue.find(id), visit.parameter("action"))
        return HtmlPage("${action.words}: run $id", section = "runs") {
            "p" { +action.effect }
            card("What would happen") {
                "p"("class" to "why") { +action.dryRun(run) }
                postForm(visit, "runs/${Links.segment(id)}/act") {
                    hidden("action", action.id)
                    field("Reason, for the audit", "note", null, isRequired = true)
                    "div"("class" to "actions") {
                        button("${action.words} the run", "danger")
                        "a"("class" to "button", "href" to visit.link("runs/" + Links.segment(id))) { +"Back, change nothing" }
                    }
                }
            }
        }
    }

    suspend fun act(
        visit: Visit,
        id: String,
    ): Reply {
        val run = read(visit, id)
        val call = visit.settings.queue.find(id)
        val action = RunActions.required(visit, run, call, visit.field("action"))
        val reason = visit.field("note") ?: throw Refusal.badRequest("A reason is needed: it is kept in the audit. Go back and enter one.")
        action.act(visit, run, reason)
        val isGone = action.permission == ConsoleAction.REMOVE
        return Redirect(if (isGone) "runs" else Links.of("runs/" + Links.segment(id), listOf("undo" to 1)))
    }
}
