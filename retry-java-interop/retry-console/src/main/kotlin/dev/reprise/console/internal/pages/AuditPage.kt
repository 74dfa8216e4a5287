package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.count
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.kit.CallFilter
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.callLink
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.moment
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.internal.kit.state
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import java.net.URLDecoder

/** What operators did. */
internal object AuditPage {
    suspend fun show(visit: Visit): HtmlPage {
        val entries = visit.operator.audit(CallFilter.cursor(visit), CallFilter.limit(visit))
        val done = visit.parameter("done")
        return HtmlPage("Audit", section = "audit") {
            entries.items.firstOrNull { it.id == done }?.let { entry ->
                val changed = "${entry.action}, ${count(entry.changed.toLong(), "call")} of ${entry.matched.toLong().grouped()} changed."
                if (entry.changed > 0) note("good") { +"Done: $changed" } else note("warn") { +"Nothing was changed: $changed" }
            }
            card(null) {
                if (entries.items.isEmpty()) nothing("No operator did anything in the last 90 days.") else table(visit, entries.items, done)
                entries.next?.let { next ->
                    "div"("class" to "pager") {
                        "a"(
                            "class" to "button",
                            "href" to visit.link("audit", "after" to next),
                        ) { +"Older entries" }
                    }
                }
            }
        }
    }

    private fun Html.table(
        visit: Visit,
        entries: List<AuditEntry>,
        done: String?,
    ) = rows(
        "Audit",
        entries,
        listOf(
            Column("When") { moment(it.at, visit.now) },
            Column("Who") { entry ->
                +entry.actor.name
                "div"("class" to "quiet small") { +"via ${entry.actor.via.forPeople()}" }
            },
            Column("What") { "code" { +it.action } },
            Column("To") { subject(visit, it) },
            Column("Changed", isNumber = true) { entry -> +"${entry.changed.toLong().grouped()} of ${entry.matched.toLong().grouped()}" },
            Column("State") { entryState(it) },
            Column("Reason") { +(it.reason ?: "–") },
        ),
        isMarked = { it.id == done },
    )

    private fun Html.entryState(entry: AuditEntry) =
        when (entry.state) {
            AuditEntry.State.STARTED -> state("started", "running")
            AuditEntry.State.BROKEN_OFF -> state("broken off", "dead")
            AuditEntry.State.DONE -> state("done", "succeeded")
            AuditEntry.State.LIMITED -> state("more were left", "scheduled")
        }

    /** The filter, the call, the run or the lane, as a link to it. */
    private fun Html.subject(
        visit: Visit,
        entry: AuditEntry,
    ) = when (entry.action.substringBefore(' ')) {
        "pause", "resume" -> "a"("href" to visit.link("lanes")) { +"lane ${entry.query}" }
        "remove" -> +"run ${entry.query}"
        else -> calls(visit, entry.query)
    }

    /** The filter of a newer version is shown as it is. */
    private fun Html.calls(
        visit: Visit,
        text: String,
    ) {
        val query = CallFilter.known(text)
        when {
            '=' !in text && text.isNotEmpty() -> callLink(visit, text)
            query == null -> +text
            query == CallQuery.ALL -> +"all calls"
            else -> "a"("href" to visit.link("calls", *filter(query))) { +CallFilter.words(query) }
        }
    }

    private fun filter(query: CallQuery): Array<Pair<String, Any?>> =
        query
            .toString()
            .split('&')
            .map { it.substringBefore('=') to decoded(it.substringAfter('=')) }
            .toTypedArray()

    private fun decoded(value: String): String = URLDecoder.decode(value, Charsets.UTF_8)
}
