package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.count
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.kit.ActionField
import dev.reprise.console.internal.kit.CallAction
import dev.reprise.console.internal.kit.CallActions
import dev.reprise.console.internal.kit.CallFilter
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Links
import dev.reprise.console.internal.kit.Redirect
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Reply
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.button
import dev.reprise.console.internal.kit.callLink
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.choice
import dev.reprise.console.internal.kit.commandLine
import dev.reprise.console.internal.kit.copyAsCommand
import dev.reprise.console.internal.kit.fact
import dev.reprise.console.internal.kit.field
import dev.reprise.console.internal.kit.hidden
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.postForm
import dev.reprise.queue.operate.ActionResult
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Cursor

/** Asks before calls are changed: shows the dry run, and takes the reason. */
internal object ActPage {
    private const val LIMIT = 10_000
    private const val LONG = 40

    suspend fun ask(visit: Visit): HtmlPage {
        val action = CallActions.of(visit.parameter("action"))
        visit.require(action.permission)
        val query = selected(visit.request.query)
        val isKnown = action.fields.all { !it.isRequired || visit.parameter(it.name) != null }
        val result = if (isKnown) dryRun(visit, action, query) else null
        val fields = action.fields.filter { it.matters(visit, query) }
        return HtmlPage(action.of(if (query.cids.size == 1) "one call" else "calls"), section = "calls") {
            visit.parameter("done")?.let { id ->
                note("good") {
                    +"The first part is done, and "
                    "a"("href" to visit.link("audit", "done" to id)) { +"recorded in the audit" }
                    +". This page is about the rest."
                }
            }
            "p" { +action.effect }
            if (fields.isNotEmpty()) parameters(visit, action, fields)
            if (result != null) dryRun(visit, action, query, result)
        }
    }

    private suspend fun dryRun(
        visit: Visit,
        action: CallAction,
        query: CallQuery,
    ): ActionResult = visit.operator.act(action.allowed(visit, visit::parameter), query, true, null, LIMIT, CallFilter.cursor(visit))

    /** Without any filter an action would be for all calls there are, which has to be said with `bulk`. */
    private fun selected(parameters: Map<String, List<String>>): CallQuery {
        val query = CallFilter.of(parameters)
        if (query == CallQuery.ALL && parameters["bulk"].isNullOrEmpty()) throw Refusal.badRequest("Tick the calls that are meant first.")
        return query
    }

    /** The parameters of the action; the page is loaded again with them. */
    private fun Html.parameters(
        visit: Visit,
        action: CallAction,
        fields: List<ActionField>,
    ) = card(null) {
        "form"("class" to "filters", "method" to "get", "action" to visit.link("act")) {
            selection(visit.request.query)
            hidden("action", action.id)
            fields.forEach { parameter(it, visit.parameter(it.name)) }
            button("Show what would happen")
        }
    }

    private fun Html.parameter(
        field: ActionField,
        value: String?,
    ) {
        if (field.options.isNotEmpty()) return choice(field.label, field.name, value, field.options)
        val size = if (field.name == "notation") LONG else null
        field(field.label, field.name, value, size = size, hint = field.hint, isRequired = field.isRequired)
    }

    private fun Html.selection(parameters: Map<String, List<String>>) {
        CallFilter.pairs(parameters).forEach { (name, value) -> hidden(name, value) }
        hidden("bulk", parameters["bulk"]?.firstOrNull())
    }

    private fun Html.dryRun(
        visit: Visit,
        action: CallAction,
        query: CallQuery,
        result: ActionResult,
    ) = card("What would happen") {
        "p"("class" to "why") { +summary(action, result) }
        if (result.skipped.isNotEmpty()) "p" { +"Skipped: ${skipped(result)}." }
        if (result.keyHolders.isNotEmpty()) "ul" { result.keyHolders.forEach { (cid, holder) -> "li" { taken(visit, cid, holder) } } }
        if (!result.isComplete) {
            note("warn") { +"There can be more: one step changes ${LIMIT.toLong().grouped()} calls at most, and then continues here." }
        }
        "dl" { fact("Filter", query) { +CallFilter.words(it) } }
        sample(visit, result)
        if (result.changed > 0) confirm(visit, action, result) else "div"("class" to "actions") { back(visit) }
    }

    private fun summary(
        action: CallAction,
        result: ActionResult,
    ): String {
        val (changed, matched) = result.changed.toLong() to result.matched.toLong()
        return when {
            matched == 0L -> "Nothing: no call fits the filter."

            changed == 0L -> "Nothing: ${count(
                matched,
                "call",
            )} ${if (matched == 1L) "fits" else "fit"}, and none can be changed like this."

            changed == matched -> "${count(changed, "call")} would be ${action.done}."

            else -> "${changed.grouped()} of ${count(matched, "call")} would be ${action.done}."
        }
    }

    private fun skipped(result: ActionResult) =
        result.skipped.entries.joinToString { (why, number) -> "${number.toLong().grouped()} ${why.lowercase().replace('_', ' ')}" }

    private fun Html.taken(
        visit: Visit,
        cid: String,
        holder: String,
    ) {
        +"The unique key of "
        callLink(visit, cid)
        +" belongs to "
        callLink(visit, holder)
        +" now."
    }

    private fun Html.sample(
        visit: Visit,
        result: ActionResult,
    ) {
        if (result.sample.isEmpty()) return
        "details" {
            "summary" {
                +when {
                    result.sample.size < result.changed -> "The first ${result.sample.size} of them"
                    result.sample.size == 1 -> "Its id"
                    else -> "Their ids"
                }
            }
            "ul" { result.sample.forEach { "li" { callLink(visit, it) } } }
        }
    }

    private fun Html.confirm(
        visit: Visit,
        action: CallAction,
        result: ActionResult,
    ) = postForm(visit, "act") {
        selection(visit.request.query)
        hidden("action", action.id)
        hidden("after", visit.parameter("after"))
        action.fields.forEach { hidden(it.name, visit.parameter(it.name)) }
        "label" {
            "span" { +if (action.needsReason) "Reason, for the audit" else "Reason, for the audit (optional)" }
            "textarea"("name" to "note", "required" to action.needsReason, "maxlength" to 500)
        }
        "div"("class" to "actions") {
            button(action.of(count(result.changed.toLong(), "call")), if (action.isFinal) "danger" else "primary")
            back(visit)
            copyAsCommand(command(visit, action))
        }
    }

    private fun command(
        visit: Visit,
        action: CallAction,
    ): String {
        val filter = CallFilter.pairs(visit.request.query).filter { it.first != "order" }
        val all = if (filter.isEmpty()) listOf("all" to "") else emptyList()
        val options = filter.filter { it.first != "cid" } + all + action.fields.map { it.name to visit.parameter(it.name) }
        return commandLine(visit, action.id, options, filter.filter { it.first == "cid" }.map { it.second })
    }

    private fun Html.back(visit: Visit) =
        "a"(
            "class" to "button",
            "href" to visit.link("calls", *CallFilter.pairs(visit.request.query).toTypedArray()),
        ) { +"Back, change nothing" }

    suspend fun act(visit: Visit): Reply {
        val action = CallActions.of(visit.field("action"))
        val change = action.allowed(visit, visit::field)
        val reason = visit.field("note")
        if (reason == null && action.needsReason) {
            throw Refusal.badRequest("A reason is needed: it is kept in the audit. Go back and enter one.")
        }
        val query = selected(visit.request.form)
        val result = visit.operator.act(change, query, false, reason, LIMIT, visit.field("after")?.let(Cursor::of))
        return Redirect(afterwards(visit, action, query, result))
    }

    private fun afterwards(
        visit: Visit,
        action: CallAction,
        query: CallQuery,
        result: ActionResult,
    ): String {
        val cid = query.cids.singleOrNull()
        return when {
            !result.isComplete && result.next != null -> Links.of("act", CallFilter.pairs(visit.request.form) + rest(visit, action, result))
            cid != null && action.id != "discard" -> Links.of(pathOf(cid), listOf("done" to result.auditId))
            else -> Links.of("audit", listOf("done" to result.auditId))
        }
    }

    private fun rest(
        visit: Visit,
        action: CallAction,
        result: ActionResult,
    ): List<Pair<String, Any?>> =
        listOf("action" to action.id, "bulk" to visit.field("bulk"), "after" to result.next, "done" to result.auditId) +
            action.fields.map { it.name to visit.field(it.name) }
}
