package dev.reprise.console.internal.pages

import dev.reprise.console.draw.Bar
import dev.reprise.console.draw.Bars
import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.html.simpleName
import dev.reprise.console.internal.html.timeOfDay
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.Fragment
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.fact
import dev.reprise.console.internal.kit.fragment
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.internal.kit.scrollable
import dev.reprise.console.internal.kit.state
import dev.reprise.console.model.ConsoleAction
import dev.reprise.run.RetryBudget
import java.util.Locale

/** Retry storms: how much of the load is retries, what fails, and what becomes due together. */
internal object StormPage {
    suspend fun show(visit: Visit): HtmlPage {
        val storm = Storm.read(visit)
        return HtmlPage("Retry storm", section = "storm", isLive = true) {
            storm.spike?.let { spike(visit, it) }
            fragmentsOf(visit, storm).forEach { fragment(it) }
        }
    }

    suspend fun fragments(visit: Visit): List<Fragment> = fragmentsOf(visit, Storm.read(visit))

    private fun fragmentsOf(
        visit: Visit,
        storm: Storm,
    ) = listOf(
        Fragment("load") { load(storm) },
        Fragment("errors") { errors(visit, storm) },
        Fragment("due") { due(storm) },
        Fragment("budgets") { budgets(visit.settings.budgets) },
    )

    /** Not a fragment, because not every visitor may spread them. */
    private fun Html.spike(
        visit: Visit,
        spike: Spike,
    ) = note("warn") {
        "strong" { +"${spike.number} calls become due at ${spike.at.timeOfDay()}." }
        +" So many in one minute look like a schedule without jitter. "
        if (visit.allows(ConsoleAction.RESCHEDULE)) {
            "a"("class" to "button small", "href" to visit.link("act", *spike.spread())) { +"Spread them…" }
        }
    }

    private fun Html.load(storm: Storm) =
        card("Retries and first attempts, per minute") {
            val bars = storm.minutes.map { Bar(it.at.timeOfDay(), listOf(it.first, it.retries)) }
            chart(Bars("Attempts per minute", listOf("first attempts", "retries"), bars)) {
                val (first, retries) = storm.minutes.sumOf { it.first } to storm.minutes.sumOf { it.retries }
                figure(ratio(first, retries), "retries for each first attempt, in the last hour")
                "dl" {
                    fact("First attempts", first.grouped())
                    fact("Retries", retries.grouped())
                }
            }
        }

    private fun ratio(
        first: Long,
        retries: Long,
    ) = if (first == 0L) "–" else String.format(Locale.ROOT, "%.2f", retries.toDouble() / first)

    private fun Html.errors(
        visit: Visit,
        storm: Storm,
    ) = card("Failed attempts by error class, per minute") {
        val types = storm.topErrors
        if (types.isEmpty()) return@card nothing("No attempt failed in the last hour.")
        val others = storm.minutes.sumOf { it.otherErrors(types) }
        val names = types.map { it.simpleName() } + if (others > 0) listOf("others") else emptyList()
        val bars =
            storm.minutes.map { minute ->
                Bar(
                    minute.at.timeOfDay(),
                    types.map { minute.errors(it) } + if (others > 0) listOf(minute.otherErrors(types)) else emptyList(),
                )
            }
        chart(Bars("Failed attempts per minute", names, bars)) {
            figure(storm.minutes.sumOf { it.errors.values.sum() }.grouped(), "attempts failed in the last hour")
            "dl" {
                types.forEach { type ->
                    fact(type.simpleName()) {
                        +storm.minutes.sumOf { it.errors(type) }.grouped()
                        +" "
                        "a"("href" to visit.link("calls", "retrying" to true, "error" to type)) { +"what waits" }
                    }
                }
                if (others > 0) fact("Others", others.grouped())
            }
        }
    }

    private fun Html.due(storm: Storm) =
        card("Calls that become due in the next hour") {
            val bars = storm.due.mapIndexed { i, number -> Bar(storm.dueAt(i).timeOfDay(), listOf(number), number >= Storm.CAP) }
            chart(Bars("Calls due per minute", listOf("due"), bars)) {
                val isCapped = storm.due.any { it >= Storm.CAP }
                figure(storm.due.sum().grouped() + if (isCapped) "+" else "", "calls become due")
                "p"("class" to "quiet small") {
                    +"Of each handler and minute, ${Storm.CAP} are counted. A single high bar means a schedule without jitter."
                }
            }
        }

    private fun Html.budgets(budgets: Map<String, RetryBudget>) =
        card("Budgets of this process") {
            if (budgets.isEmpty()) return@card nothing("This console knows no budget. Set one with budget(name, budget).")
            rows(
                "Budgets",
                budgets.entries.toList(),
                listOf(
                    Column("Budget") { "strong" { +it.key } },
                    Column("Left", isNumber = true) {
                        if (it.value.available ==
                            0
                        ) {
                            state("empty", "dead")
                        } else {
                            +it.value.available
                                .toLong()
                                .grouped()
                        }
                    },
                    Column("Refilled by") { +refill(it.value) },
                ),
            )
            "p"("class" to "quiet small") {
                +"Left: how many retries the budget allows now. While it is empty, failures end their runs without a retry."
            }
        }

    private fun refill(budget: RetryBudget): String {
        val ratio = budget.ratio.takeIf { it > 0 }?.let { "${plain(it * 100)}% of first attempts" }
        val floor = budget.minRetriesPerSecond.takeIf { it > 0 }?.let { "${plain(it)} a second" }
        return listOfNotNull(ratio, floor).joinToString(" and ")
    }

    private fun plain(number: Double) = String.format(Locale.ROOT, "%.2f", number).trimEnd('0').trimEnd('.')

    /** A chart, with what it comes to beside it. */
    private fun Html.chart(
        bars: Bars,
        aside: Html.() -> Unit,
    ) = "div"("class" to "chart") {
        "div" {
            scrollable(bars.title) { with(bars) { chart() } }
            with(bars) { legend() }
            "details" {
                "summary" { +"The same as a table" }
                scrollable("${bars.title}, as a table") { with(bars) { table("Minute") } }
            }
        }
        "div" { aside() }
    }

    private fun Html.figure(
        number: String,
        words: String,
    ) = "p"("class" to "figure") {
        "strong" { +number }
        +words
    }
}
