package dev.reprise.console.internal.pages

import dev.reprise.console.draw.Bar
import dev.reprise.console.draw.Bars
import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.html.simpleName
import dev.reprise.console.internal.html.timeOfDay
import dev.reprise.console.internal.kit.Fragment
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.fragment
import dev.reprise.console.internal.kit.note
import dev.reprise.console.model.ConsoleAction
import java.util.Locale

/** Retry storms: how much of the load is retries, what fails, and what becomes due together. */
internal object StormPage {
    suspend fun show(visit: Visit): HtmlPage {
        val storm = Storm.read(visit)
        return HtmlPage("Retry storm", section = "storm", isLive = true) {
            storm.spike?.let { spike(visit, it) }
            fragmentsOf(storm).forEach { fragment(it) }
        }
    }

    suspend fun fragments(visit: Visit): List<Fragment> = fragmentsOf(Storm.read(visit))

    private fun fragmentsOf(storm: Storm) =
        listOf(
            Fragment("load") { load(storm) },
            Fragment("errors") { errors(storm) },
            Fragment("due") { due(storm) },
        )

    /** Not a fragment, because not every visitor may spread them. */
    private fun Html.spike(
        visit: Visit,
        spike: Spike,
    ) = note("warn") {
        "strong" { +"${spike.number} calls become due at ${spike.at.timeOfDay()}." }
        +" That many at the same time look like a schedule without jitter. "
        if (visit.allows(
                ConsoleAction.RESCHEDULE,
            )
        ) {
            "a"("class" to "button small", "href" to visit.link("act", *spike.spread())) { +"Spread them…" }
        }
    }

    private fun Html.load(storm: Storm) =
        card("Retries and first attempts, per minute") {
            "p"("class" to "why") { +words(storm) }
            chart(
                Bars(
                    "Attempts per minute",
                    listOf("first attempts", "retries"),
                    storm.minutes.map { Bar(it.at.timeOfDay(), listOf(it.first, it.retries)) },
                ),
            )
        }

    private fun words(storm: Storm): String {
        val (first, retries) = storm.minutes.sumOf { it.first } to storm.minutes.sumOf { it.retries }
        return when {
            first + retries == 0L -> "No attempt in the last hour."
            first == 0L -> "Only retries in the last hour: ${retries.grouped()}."
            else -> String.format(Locale.ROOT, "%.2f retries for each first attempt in the last hour.", retries.toDouble() / first)
        }
    }

    private fun Html.errors(storm: Storm) =
        card("Failed attempts by error class, per minute") {
            val types = storm.topErrors
            if (types.isEmpty()) {
                "p"("class" to "quiet") { +"No attempt failed in the last hour." }
            } else {
                val bars =
                    storm.minutes.map { minute ->
                        Bar(
                            minute.at.timeOfDay(),
                            types.map { minute.errors(it) } + minute.otherErrors(types),
                        )
                    }
                chart(Bars("Failed attempts per minute", types.map { it.simpleName() } + "others", bars))
            }
        }

    private fun Html.due(storm: Storm) =
        card("Calls that become due in the next hour") {
            val bars = storm.due.mapIndexed { i, number -> Bar(storm.dueAt(i).timeOfDay(), listOf(number), number >= Storm.CAP) }
            chart(Bars("Calls due per minute", listOf("due"), bars))
        }

    private fun Html.chart(bars: Bars) =
        with(bars) {
            chart()
            legend()
            "details" {
                "summary" { +"The same as a table" }
                table("Minute")
            }
        }
}
