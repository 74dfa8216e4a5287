package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.kit.CallFilter
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.time
import dev.reprise.queue.operate.AuditEntry

/** What operators did to one call: of the latest entries of the audit those that name it. Actions on filters name no call. */
internal class CallAudit private constructor(
    private val visit: Visit,
    private val entries: List<AuditEntry>,
) {
    /** The entry [id]; null if it does not name this call, or is older than those that were looked at. */
    fun entry(id: String): AuditEntry? = entries.firstOrNull { it.id == id }

    fun Html.show() =
        card("Audit") {
            if (entries.isEmpty()) nothing("Of the latest ${EXAMINED.toLong().grouped()} entries, none names this call.")
            "ul"("class" to "plain") { entries.forEach { "li" { entry(it) } } }
        }

    private fun Html.entry(entry: AuditEntry) {
        "a"("href" to visit.link("audit", "done" to entry.id)) { +entry.action }
        +" by ${entry.actor.name} via ${entry.actor.via.forPeople()}"
        entry.reason?.let { "div" { +"“$it”" } }
        "div"("class" to "quiet small") { time(entry.at, visit.now) }
    }

    companion object {
        private const val EXAMINED = 200

        suspend fun of(
            visit: Visit,
            cid: String,
        ): CallAudit {
            val entries =
                visit.operator
                    .audit(null, EXAMINED)
                    .items
                    .filter { names(it, cid) }
            return CallAudit(visit, entries)
        }

        /** The subject of an entry is an id, or the text of a filter, which can list ids. */
        private fun names(
            entry: AuditEntry,
            cid: String,
        ) = entry.query == cid || (entry.query.contains("cid=$cid") && CallFilter.known(entry.query)?.cids?.contains(cid) == true)
    }
}
