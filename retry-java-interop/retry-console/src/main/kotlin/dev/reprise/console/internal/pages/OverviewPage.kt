package dev.reprise.console.internal.pages

import dev.reprise.console.draw.Bar
import dev.reprise.console.draw.Bars
import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.html.timeOfDay
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.Fragment
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.fragment
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.number
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.internal.kit.state
import dev.reprise.console.model.ConsoleAction
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.StoreDurability
import java.time.temporal.ChronoUnit

/** The first page: what is wrong, then what there is. */
internal object OverviewPage {
    suspend fun show(visit: Visit): HtmlPage {
        val overview = Overview.read(visit)
        return HtmlPage("Overview", section = "", isLive = true) {
            fragmentsOf(visit, overview).forEach { fragment(it) }
            if (visit.allows(ConsoleAction.PAUSE) && overview.lanes.isNotEmpty()) {
                card("Pause and resume") { with(LanesPage) { table(visit, overview.lanes) } }
            }
        }
    }

    suspend fun fragments(visit: Visit): List<Fragment> = fragmentsOf(visit, Overview.read(visit))

    private fun fragmentsOf(
        visit: Visit,
        overview: Overview,
    ) = listOf(
        Fragment("problems") { problems(overview, visit) },
        Fragment("totals") { totals(overview, visit) },
        Fragment("handlers") { handlers(overview, visit) },
        Fragment("store") { store(overview.durability) },
    )

    private fun Html.problems(
        overview: Overview,
        visit: Visit,
    ) = "ul"("class" to "problems") {
        overview.problems.forEach { problem ->
            "li"("class" to if (problem.isBad) "bad" else null) {
                "span"("aria-hidden" to "true", "class" to "sign") { +if (problem.isBad) "✕" else "⚠" }
                "div" {
                    "strong" { +problem.text }
                    problem.more?.let { "div"("class" to "quiet") { +it } }
                }
                "a"("href" to visit.root + problem.link) { +problem.linkText }
            }
        }
        if (overview.problems.isEmpty()) {
            "li"("class" to "good") {
                "span"("aria-hidden" to "true", "class" to "sign") { +"✓" }
                "strong" { +"Nothing is wrong." }
            }
        }
    }

    private fun Html.totals(
        overview: Overview,
        visit: Visit,
    ) = "ul"("class" to "tiles", "aria-label" to "Calls by state") {
        listOf(CallState.READY, CallState.RUNNING, CallState.HELD, CallState.DEAD, CallState.SUCCEEDED).forEach { state ->
            val number = overview.total(state)
            "li"("class" to if (state == CallState.DEAD && number > 0) "bad" else null) {
                val path = if (state == CallState.DEAD) "dead" else "calls"
                "a"("href" to visit.link(path, "state" to state.name.lowercase().takeIf { path == "calls" })) {
                    "strong" { +number.grouped() }
                    +state.name.lowercase()
                }
            }
        }
    }

    private fun Html.handlers(
        overview: Overview,
        visit: Visit,
    ) = card("Lanes and handlers") {
        if (overview.handlers.isEmpty()) return@card nothing("No call was enqueued so far, and no worker is there.")
        rows(
            "Calls by lane and handler",
            overview.handlers,
            listOf(
                Column("Handler") { "a"("href" to visit.link("calls", "handler" to it.name)) { +it.name } },
                Column("Lane") {
                    +(it.lane ?: "no worker")
                    if (it.isPaused) {
                        +" "
                        state("paused")
                    }
                },
                Column("Due", isNumber = true) { +it.due },
                Column("Due later", isNumber = true) { +it.dueLater },
                Column("Retrying", isNumber = true) { +it.retrying },
                Column("Held", isNumber = true) { +it.count(CallState.HELD).grouped() },
                Column("Running", isNumber = true) { +it.count(CallState.RUNNING).grouped() },
                Column("Dead", isNumber = true) { +it.count(CallState.DEAD).grouped() },
                Column("Last hour") { lastHour(it, overview) },
            ),
        )
        "p"("class" to "quiet small") {
            +"Retrying: calls that failed and wait for another attempt, due or not. Last hour: attempts per minute, "
            "span"("class" to "key part1")
            +"failed above "
            "span"("class" to "key part0")
            +"returned."
        }
    }

    private fun Html.store(durability: StoreDurability?) {
        if (durability == null) return
        "p"("class" to "quiet small") {
            +"Store: $durability. "
            +if (durability.isOnDisk) "What it has accepted survives a crash." else "What it has accepted can be lost in a crash."
        }
    }

    private fun Html.lastHour(
        handler: HandlerOverview,
        overview: Overview,
    ) {
        val byMinute = handler.pulses.groupBy { it.at }
        val bars =
            (0L until MINUTES).map { i ->
                val minute = overview.from.plus(i, ChronoUnit.MINUTES)
                val pulses = byMinute[minute].orEmpty()
                Bar(minute.timeOfDay(), listOf(pulses.sumOf { it.succeeded.toLong() }, pulses.sumOf { it.failed.toLong() }))
            }
        with(Bars("Attempts of ${handler.name} per minute", listOf("returned", "failed"), bars)) { sparkline() }
    }

    const val MINUTES = 60L
}
