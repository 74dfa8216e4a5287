package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.kit.CallActions
import dev.reprise.console.internal.kit.Fragment
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Links
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.callLink
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.commandLine
import dev.reprise.console.internal.kit.copyAsCommand
import dev.reprise.console.internal.kit.fact
import dev.reprise.console.internal.kit.fragment
import dev.reprise.console.internal.kit.moment
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.state
import dev.reprise.console.internal.kit.stateWord
import dev.reprise.console.internal.kit.time
import dev.reprise.queue.model.Call
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary

/** One call: why it is where it is, then everything about it. */
internal object CallPage {
    suspend fun show(
        visit: Visit,
        cid: String,
        revealed: Boolean = false,
    ): HtmlPage {
        val call = find(visit, cid)
        val errors = visit.settings.queue.errors(cid)
        val fragments = fragments(visit, cid)
        val children = visit.operator.calls(CallQuery.ALL.origCid(cid), null, MOST_CHILDREN).items
        val acts = CallAudit.of(visit, cid)
        val workers = visit.operator.workers().associate { it.nonce to it.name }
        return HtmlPage(call.title ?: "Call ${call.cid}", section = "calls", isLive = !call.state.isEnd && !revealed) {
            visit.parameter("done")?.let { id -> done(visit, id, acts.entry(id)) }
            fragments.forEach { fragment(it) }
            actions(visit, call)
            "div"("class" to "columns") {
                "div" {
                    policyCard(call, errors, visit.now)
                    card("What happened") { with(Timeline(call, errors, workers, visit.now)) { show() } }
                }
                "div" {
                    details(visit, call)
                    relations(visit, call, children)
                    with(PayloadCard(visit, call, revealed)) { show() }
                    with(acts) { show() }
                }
            }
        }
    }

    /** A call that has ended or changed since the page was shown is not changed by the action. */
    private fun Html.done(
        visit: Visit,
        id: String,
        entry: AuditEntry?,
    ) {
        val hasChanged = entry == null || entry.changed > 0
        note(if (hasChanged) "good" else "warn") {
            +if (hasChanged) "Done, and " else "Nothing was changed: the call was not as it was when the page was loaded. This is "
            "a"("href" to visit.link("audit", "done" to id)) { +"recorded in the audit" }
            +"."
        }
    }

    private suspend fun find(
        visit: Visit,
        cid: String,
    ): Call = visit.settings.queue.find(cid) ?: throw Refusal.noCall(cid)

    /** Why it waits, which changes while the page is open. */
    suspend fun fragments(
        visit: Visit,
        cid: String,
    ): List<Fragment> {
        val call = find(visit, cid)
        val why = Why.of(visit, call)
        return listOf(Fragment("why") { note(why.kind) { why(visit, call, why) } })
    }

    private fun Html.why(
        visit: Visit,
        call: Call,
        why: Why,
    ) {
        "p"("class" to "why") {
            state(stateWord(call.state, call.failures, call.dueAt, visit.now))
            +" "
            why.parts.forEach { part ->
                when (part) {
                    is Why.Part.Words -> +part.text
                    is Why.Part.Other -> callLink(visit, part.cid)
                    is Why.Part.Time -> time(part.at, visit.now)
                }
            }
        }
        if (!call.state.isEnd && !why.hasTime) {
            "p"("class" to "small quiet") {
                +"Due "
                time(call.dueAt, visit.now)
            }
        }
    }

    private fun Html.actions(
        visit: Visit,
        call: Call,
    ) {
        val actions = CallActions.single(visit, call.state)
        "div"("class" to "actions card") {
            actions.forEach { action ->
                "a"("class" to "button", "href" to visit.link("act", "action" to action.id, "cid" to call.cid)) { +"${action.words}…" }
            }
            copyAsCommand(commandLine(visit, "show", emptyList(), listOf(call.cid)))
        }
    }

    private fun Html.details(
        visit: Visit,
        call: Call,
    ) = card("Call") {
        "dl" {
            fact("Id") { "code" { +call.cid } }
            fact("Handler") { "a"("href" to visit.link("calls", "handler" to call.handler)) { +call.handler } }
            fact("Version", call.handlerVersion)
            fact("Dead because", call.deadReason) { +it.forPeople() }
            fact("Attempts", if (call.failures == 0) "${call.attempts}" else "${call.attempts}, ${call.failures} failed")
            fact("Claims", claims(call))
            fact("Enqueued", call.enqueuedAt) { moment(it, visit.now) }
            fact("Deadline", call.deadline) { moment(it, visit.now) }
            fact("Ended", call.endedAt) { moment(it, visit.now) }
            fact("Priority", call.priority)
            fact("Tags", call.tags.ifEmpty { null }) { tags ->
                tags.forEach {
                    "a"(
                        "class" to "tag",
                        "href" to visit.link("calls", "tag" to it),
                    ) { +it }
                }
            }
            fact("Order key", call.orderKey) { "a"("href" to visit.link("calls", "order-key" to it)) { +it } }
            fact("Unique key", call.uniqueKey)
            fact("Context", call.context)
        }
        if (call.headers.isNotEmpty()) {
            "details" {
                "summary" { +"Headers" }
                "dl" { call.headers.forEach { (name, value) -> fact(name) { "code" { +value } } } }
            }
        }
    }

    private fun claims(call: Call): String? {
        val more = listOf(call.crashes to "crashes of its worker", call.snoozes to "snoozes").filter { it.first > 0 }
        return if (more.isEmpty()) null else "${call.claims}, " + more.joinToString { "${it.first} ${it.second}" }
    }

    private fun Html.relations(
        visit: Visit,
        call: Call,
        children: List<CallSummary>,
    ) = card("Relations") {
        val parent = call.origCid
        if (parent == null && children.isEmpty() && call.callbacks.isEmpty()) return@card nothing("None.")
        "dl" {
            fact("Enqueued by", parent) { callLink(visit, it, "${call.source ?: "call"} $it") }
            fact("Callbacks", call.callbacks.joinToString().ifEmpty { null })
            fact("Enqueued", children.ifEmpty { null }) { calls ->
                calls.forEach { "div" { callLink(visit, it.cid, it.title ?: "${it.handler} ${it.cid}") } }
            }
        }
    }

    /** Shows the page with its payload. */
    suspend fun reveal(
        visit: Visit,
        cid: String,
    ): HtmlPage {
        PayloadCard.reveal(visit, cid, visit.field("note"))
        return show(visit, cid, revealed = true)
    }

    private const val MOST_CHILDREN = 20
}

/** The path of the page of a call, below the mount. */
internal fun pathOf(cid: String): String = "calls/" + Links.segment(cid)
