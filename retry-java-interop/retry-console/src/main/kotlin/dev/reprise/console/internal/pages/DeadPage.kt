package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.simpleName
import dev.reprise.console.internal.kit.CallFilter
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.age
import dev.reprise.console.internal.kit.callLink
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.number
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.model.ConsoleAction
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.WorkerInfo

/** The repair bench: dead calls that are alike, to be looked at once and replayed or discarded together. */
internal object DeadPage {
    private const val RATE = 10
    private const val WITH_MESSAGE = 12
    private const val LONGEST = 160

    suspend fun show(visit: Visit): HtmlPage {
        val query = CallFilter.of(visit.request.query).states(CallState.DEAD)
        val groups = visit.operator.groups(query, setOf(GroupBy.HANDLER, GroupBy.ERROR_TYPE, GroupBy.HANDLER_VERSION))
        val workers = visit.operator.workers().filter { it.isValid }
        val messages =
            groups
                .take(
                    WITH_MESSAGE,
                ).associate {
                    it.sampleCid to
                        visit.settings.queue
                            .errors(it.sampleCid)
                            .lastOrNull()
                            ?.message
                }
        return HtmlPage("Dead calls", section = "dead") {
            "p"("class" to "quiet") {
                +"Calls that ended without success, grouped by what failed. Look at a sample, fix the cause, then replay the group."
            }
            visit.parameter("handler")?.let { handler ->
                "p" {
                    +"Only $handler. "
                    "a"("href" to visit.link("dead")) { +"Show all" }
                }
            }
            card(null) { if (groups.isEmpty()) nothing("No call is dead.") else table(visit, groups, workers, messages) }
        }
    }

    private fun Html.table(
        visit: Visit,
        groups: List<Group>,
        workers: List<WorkerInfo>,
        messages: Map<String, String?>,
    ) = rows(
        "Dead calls that are alike",
        groups,
        listOf(
            Column("What failed") { group ->
                "strong"("title" to group.errorType) { +(group.errorType?.simpleName() ?: "no failure") }
                "div"(
                    "class" to "quiet small",
                ) { +(messages[group.sampleCid] ?: group.errorType ?: "expired, or its workers died").take(LONGEST) }
            },
            Column("Handler") { +it.handler.orEmpty() },
            Column("Version") { group ->
                +(group.handlerVersion?.toString() ?: "–")
                newerVersion(group, workers)?.let { "div"("class" to "small") { +"Version $it runs now; it can have the fix." } }
            },
            Column("Calls", isNumber = true) { "strong" { +it.number } },
            Column("Oldest") { age(it.oldest, visit.now) },
            Column("Newest") { age(it.newest, visit.now) },
            Column("Look and repair") { links(visit, it) },
        ),
    )

    /** The highest version that live workers have, if it is newer than the one that failed. */
    private fun newerVersion(
        group: Group,
        workers: List<WorkerInfo>,
    ): Int? {
        val failed = group.handlerVersion ?: return null
        val versions = workers.flatMap { it.handlers }.filter { it.name == group.handler }.mapNotNull { it.version }
        return versions.maxOrNull()?.takeIf { it > failed }
    }

    /** No filter selects calls without a failure alone, so they are acted on one by one. */
    private fun Html.links(
        visit: Visit,
        group: Group,
    ) = "div"("class" to "actions") {
        callLink(visit, group.sampleCid, "Sample")
        "a"("href" to visit.link("calls", *filter(group))) { +"All" }
        val isSelectable = group.errorType != null
        if (isSelectable && visit.allows(ConsoleAction.REPLAY)) {
            "a"("class" to "button small", "href" to visit.link("act", "action" to "replay", "rate" to RATE, *filter(group))) { +"Replay…" }
        }
        if (isSelectable && visit.allows(ConsoleAction.DISCARD)) {
            "a"("class" to "button small", "href" to visit.link("act", "action" to "discard", *filter(group))) { +"Discard…" }
        }
    }

    private fun filter(group: Group): Array<Pair<String, Any?>> =
        arrayOf("state" to "dead", "handler" to group.handler, "error" to group.errorType, "version" to group.handlerVersion)
}
