package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Redirect
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Reply
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.age
import dev.reprise.console.internal.kit.button
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.hidden
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.postForm
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.internal.kit.state
import dev.reprise.console.model.ConsoleAction
import dev.reprise.queue.operate.LaneInfo

/** The lanes, which can be paused and resumed. */
internal object LanesPage {
    suspend fun show(visit: Visit): HtmlPage {
        val lanes = visit.operator.lanes()
        return HtmlPage("Lanes", section = "lanes") {
            "p"("class" to "quiet") { +"No process starts a call of a paused lane. Calls that are running there end as usual." }
            card(null) { if (lanes.isEmpty()) nothing("No live worker has a lane, and none is paused.") else table(visit, lanes) }
        }
    }

    /** The lanes, with a form for each if the visitor can pause them. */
    fun Html.table(
        visit: Visit,
        lanes: List<LaneInfo>,
    ) {
        val columns =
            listOf<Column<LaneInfo>>(
                Column("Lane") { "strong" { +it.name } },
                Column("State") { lane ->
                    val since = lane.pausedAt
                    if (since == null) {
                        state("open", "succeeded")
                    } else {
                        state("paused")
                        +(lane.pausedBy?.let { " by $it, " } ?: " ")
                        age(since, visit.now)
                    }
                },
                Column("Handlers") { +it.handlers.sorted().joinToString() },
                Column("Workers", isNumber = true) { +it.workers.toLong().grouped() },
                Column("Calls at a time", isNumber = true) { +it.concurrency.toLong().grouped() },
            )
        rows("Lanes", lanes, if (visit.allows(ConsoleAction.PAUSE)) columns + Column("Action") { form(visit, it) } else columns)
    }

    private fun Html.form(
        visit: Visit,
        lane: LaneInfo,
    ) = postForm(visit, "lanes") {
        hidden("lane", lane.name)
        "div"("class" to "actions") {
            if (!lane.isPaused) {
                "input"(
                    "type" to "text",
                    "name" to "note",
                    "placeholder" to "Reason",
                    "aria-label" to "Reason to pause ${lane.name}",
                    "size" to 16,
                )
            }
            if (lane.isPaused) {
                button(
                    "Resume ${lane.name}",
                    "primary",
                    "to",
                    "resume",
                )
            } else {
                button("Pause ${lane.name}", null, "to", "pause")
            }
        }
    }

    suspend fun act(visit: Visit): Reply {
        visit.require(ConsoleAction.PAUSE)
        val lane = visit.field("lane") ?: throw Refusal.badRequest("The lane is missing.")
        when (val to = visit.field("to")) {
            "pause" -> visit.operator.pause(lane, visit.field("note"))
            "resume" -> visit.operator.resume(lane, visit.field("note"))
            else -> throw Refusal.badRequest("A lane can be paused and resumed, but not “$to”.")
        }
        return Redirect("lanes")
    }
}
