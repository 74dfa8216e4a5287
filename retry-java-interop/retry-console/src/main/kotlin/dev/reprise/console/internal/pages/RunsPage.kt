package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Links
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.age
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.choice
import dev.reprise.console.internal.kit.field
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.internal.kit.state
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.operate.RunPage
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.operate.RunSummary

/** The runs of workflows. */
internal object RunsPage {
    suspend fun show(visit: Visit): HtmlPage {
        val runs = read(visit)
        return HtmlPage("Runs", section = "runs") {
            card(null) { filters(visit) }
            card(null) {
                if (runs.runs.isEmpty()) nothing("No run fits.") else table(visit, runs.runs)
                runs.next?.let { next ->
                    val filter = FILTERS.map { it to visit.parameter(it) }.toTypedArray()
                    "div"("class" to "pager") {
                        "a"("class" to "button", "rel" to "next", "href" to visit.link("runs", *filter, "after" to next)) { +"Next page" }
                    }
                }
            }
        }
    }

    /** The page of runs that the parameters ask for. */
    suspend fun read(visit: Visit): RunPage {
        var query = RunQuery.ALL
        visit.parameter("state")?.let { query = query.states(stateOf(it)) }
        visit.parameter("workflow")?.let { query = query.workflow(it) }
        visit.parameter("id")?.let { query = query.idPrefix(it) }
        return visit.workflows.runs(query, visit.parameter("after"))
    }

    private fun stateOf(text: String): WorkflowState =
        requireNotNull(WorkflowState.entries.firstOrNull { it.name.equals(text, ignoreCase = true) }) { "state cannot be '$text'" }

    private fun Html.filters(visit: Visit) =
        "form"("class" to "filters", "method" to "get", "action" to visit.link("runs"), "aria-label" to "Filter") {
            choice(
                "State",
                "state",
                visit.parameter("state")?.lowercase(),
                listOf("" to "any") + STATES.map { it.name.lowercase() to it.forPeople() },
            )
            field("Workflow", "workflow", visit.parameter("workflow"))
            field("Id begins with", "id", visit.parameter("id"))
            "button"("type" to "submit", "class" to "primary") { +"Filter" }
            "a"("href" to visit.link("runs"), "class" to "button") { +"All runs" }
        }

    private fun Html.table(
        visit: Visit,
        runs: List<RunSummary>,
    ) = rows(
        "Runs",
        runs,
        listOf(
            Column("Run") { "a"("href" to visit.link("runs/" + Links.segment(it.id)), "class" to "mono") { +it.id } },
            Column("Workflow") { +(it.workflow ?: "not started") },
            Column("State") { state(it.state.forPeople()) },
            Column("Owned") { +if (it.isOwned) "by an engine" else "–" },
            Column("Created") { age(it.createdAt, visit.now) },
            Column("Changed") { age(it.changedAt, visit.now) },
        ),
    )

    private val FILTERS = listOf("state", "workflow", "id")

    private val STATES =
        listOf(
            WorkflowState.RUNNING,
            WorkflowState.SUCCESS,
            WorkflowState.REVERTED,
            WorkflowState.FAILURE,
            WorkflowState.SUSPENDED,
            WorkflowState.PENDING,
        )
}
