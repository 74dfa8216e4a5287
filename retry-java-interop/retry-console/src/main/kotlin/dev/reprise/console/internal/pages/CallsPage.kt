package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.html.simpleName
import dev.reprise.console.internal.kit.CallActions
import dev.reprise.console.internal.kit.CallFilter
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Links
import dev.reprise.console.internal.kit.Redirect
import dev.reprise.console.internal.kit.Reply
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.age
import dev.reprise.console.internal.kit.callLink
import dev.reprise.console.internal.kit.callState
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.choice
import dev.reprise.console.internal.kit.commandLine
import dev.reprise.console.internal.kit.copyAsCommand
import dev.reprise.console.internal.kit.field
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.rows
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Page

/** The list of calls, with its filter. */
internal object CallsPage {
    suspend fun show(visit: Visit): Reply {
        visit.parameter("find")?.let { return find(visit, it) }
        val filter = ordered(visit)
        val calls = visit.operator.calls(CallQuery.parse(Links.query(filter)), CallFilter.cursor(visit), CallFilter.limit(visit))
        return HtmlPage("Calls", section = "calls") {
            card(null) { filters(visit) }
            if (!calls.isComplete) {
                note("warn") { +"This page examined 5,000 entries and found ${calls.items.size} that fit. Go on to examine more." }
            }
            list(visit, filter, calls)
            bulk(visit, filter, calls)
        }
    }

    /** The newest first, but the next due first of ready calls of a handler. */
    private fun ordered(visit: Visit): List<Pair<String, String>> {
        val filter = CallFilter.pairs(visit.request.query)
        val names = filter.map { it.first }
        val isByDue = "handler" in names && filter.filter { it.first == "state" }.map { it.second.lowercase() } == listOf("ready")
        return if ("order" in names || isByDue) filter else filter + ("order" to "newest")
    }

    /** What people paste: the id of a call, or its unique key. */
    private suspend fun find(
        visit: Visit,
        text: String,
    ): Reply {
        val byKey = CallQuery.ALL.uniqueKey(text)
        val cid =
            visit.settings.queue
                .find(text)
                ?.cid ?: visit.operator
                .calls(byKey, null, 1)
                .items
                .firstOrNull()
                ?.cid
        if (cid != null) return Redirect(pathOf(cid))
        return HtmlPage("Calls", section = "calls") {
            card(null) { filters(visit) }
            note("warn") { +"No call has the id or the unique key “$text”. Ended calls are deleted when their retention is over." }
        }
    }

    private fun Html.filters(visit: Visit) =
        "form"("class" to "filters", "method" to "get", "action" to visit.link("calls"), "aria-label" to "Filter") {
            fun value(name: String) = visit.parameter(name)
            field("Id or unique key", "find", value("find"))
            choice("State", "state", value("state")?.lowercase(), STATES)
            field("Handler", "handler", value("handler"))
            field("Tag", "tag", value("tag"))
            field("Error class", "error", value("error"), hint = "java.io.IOException")
            choice("Order", "order", value("order")?.lowercase(), ORDERS)
            "details"("class" to "wide", "open" to MORE.any { value(it) != null }) {
                "summary" { +"More filters" }
                "div"("class" to "filters") { moreFilters(visit) }
            }
            "button"("type" to "submit", "class" to "primary") { +"Filter" }
            "a"("href" to visit.link("calls"), "class" to "button") { +"All calls" }
        }

    private fun Html.moreFilters(visit: Visit) {
        fun value(name: String) = visit.parameter(name)
        choice("Waiting for a retry", "retrying", value("retrying"), listOf("" to "does not matter", "true" to "yes"))
        field("Lane", "lane", value("lane"))
        field("Order key", "order-key", value("order-key"))
        field("Unique key", "unique-key", value("unique-key"))
        field("Enqueued by the call", "orig-cid", value("orig-cid"))
        choice("Dead because", "reason", value("reason")?.lowercase(), REASONS)
        field("Handler version", "version", value("version"), size = 6)
        field("Handler version below", "version-below", value("version-below"), size = 6)
        field("At least so many attempts", "min-attempts", value("min-attempts"), size = 6)
        listOf("Enqueued" to "enqueued", "Due" to "due", "Ended" to "ended").forEach { (words, name) ->
            field("$words since (UTC)", "$name-since", value("$name-since"), hint = "2026-11-28")
            field("$words before (UTC)", "$name-before", value("$name-before"), hint = "2026-11-29T08:00")
        }
    }

    private fun Html.list(
        visit: Visit,
        filter: List<Pair<String, String>>,
        calls: Page<CallSummary>,
    ) = "form"("method" to "get", "action" to visit.link("act")) {
        card(null) {
            val actions = CallActions.bulk(visit, calls.items.mapTo(HashSet()) { it.state })
            if (calls.items.isEmpty()) nothing("No call fits.") else table(visit, calls.items, actions.isNotEmpty())
            if (calls.items.isNotEmpty() && actions.isNotEmpty()) {
                "div"("class" to "actions") {
                    "span"("class" to "quiet") { +"Ticked calls:" }
                    actions.forEach { "button"("type" to "submit", "name" to "action", "value" to it.id) { +"${it.words}…" } }
                }
            }
            pager(visit, filter, calls)
        }
    }

    private fun Html.table(
        visit: Visit,
        calls: List<CallSummary>,
        canTick: Boolean,
    ) {
        val tick =
            Column<CallSummary>("Tick") {
                "input"("type" to "checkbox", "name" to "cid", "value" to it.cid, "aria-label" to "Call ${it.title ?: it.cid}")
            }
        val columns =
            listOf<Column<CallSummary>>(
                Column("Call") { call ->
                    callLink(visit, call.cid, call.title ?: call.cid)
                    "div" { call.tags.forEach { tag -> "a"("class" to "tag", "href" to visit.link("calls", "tag" to tag)) { +tag } } }
                },
                Column("Handler") { +it.handler },
                Column("State") { callState(it, visit.now) },
                Column("Attempts", isNumber = true) { +it.attempts.toLong().grouped() },
                Column("Last error") { call -> "span"("title" to call.errorType) { +(call.errorType?.simpleName() ?: "–") } },
                Column("Due or ended") { age(it.endedAt ?: it.dueAt, visit.now) },
                Column("Enqueued") { age(it.enqueuedAt, visit.now) },
            )
        rows("Calls", calls, columns, tick.takeIf { canTick })
    }

    /** The pages before this one are in its address: `back` is repeated with the cursor of each. */
    private fun Html.pager(
        visit: Visit,
        filter: List<Pair<String, String>>,
        calls: Page<CallSummary>,
    ) {
        val (here, back) = visit.parameter("after") to visit.request.query["back"].orEmpty()

        fun page(
            after: Any?,
            back: List<String>,
        ) = visit.link("calls", *filter.toTypedArray(), "limit" to visit.parameter("limit"), "after" to after, "back" to back)
        "div"("class" to "pager") {
            if (here != null) "a"("class" to "button", "href" to page(null, emptyList())) { +"First page" }
            back.lastOrNull()?.let { before ->
                "a"(
                    "class" to "button",
                    "rel" to "prev",
                    "href" to page(before.takeIf { it != FIRST }, back.dropLast(1)),
                ) { +"Previous page" }
            }
            calls.next?.let { next ->
                "a"("class" to "button", "rel" to "next", "href" to page(next, (back + (here ?: FIRST)).takeLast(MOST_BACK))) {
                    +(if (calls.isComplete) "Next page" else "Go on")
                }
            }
            copyAsCommand(commandLine(visit, "list", filter))
        }
    }

    /** Acts on all calls that fit, which can be more than are on the page. */
    private fun Html.bulk(
        visit: Visit,
        filter: List<Pair<String, String>>,
        calls: Page<CallSummary>,
    ) {
        val query = CallFilter.of(filter.groupBy({ it.first }, { it.second }))
        val actions = CallActions.bulk(visit, if (query.isWaitingForRetry) setOf(CallState.READY) else query.states)
        if (actions.isEmpty() || calls.items.isEmpty()) return
        card("All calls that fit the filter") {
            "p"("class" to "quiet") { +"The next page counts them, and changes nothing before you confirm." }
            "div"("class" to "actions") {
                actions.forEach { action ->
                    "a"("class" to "button", "href" to visit.link("act", "action" to action.id, "bulk" to "all", *filter.toTypedArray())) {
                        +"${action.words}…"
                    }
                }
            }
        }
    }

    /** Stands for the first page in `back`. */
    private const val FIRST = "first"
    private const val MOST_BACK = 50

    private val STATES =
        listOf("" to "any", "ready" to "ready", "running" to "running", "held" to "held") +
            listOf("dead" to "dead", "succeeded" to "succeeded", "cancelled" to "cancelled")

    private val ORDERS = listOf("" to "default", "newest" to "newest first", "oldest" to "oldest first", "due" to "next due first")

    private val REASONS =
        listOf(
            "" to "any reason",
            "exhausted" to "exhausted",
            "expired" to "expired",
            "rejected" to "rejected",
            "crash_loop" to "crash loop",
        )

    private val MORE =
        listOf("retrying", "lane", "order-key", "unique-key", "orig-cid", "reason", "version", "version-below", "min-attempts") +
            listOf("enqueued", "due", "ended").flatMap { listOf("$it-since", "$it-before") }
}
