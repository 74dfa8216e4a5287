package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.count
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.callLink
import dev.reprise.console.internal.kit.callState
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.choice
import dev.reprise.console.internal.kit.field
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.model.ConsoleAction
import dev.reprise.policy.RetryPolicyParseException
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary

/** What another policy would have done with the calls that failed lately. */
internal object WhatIfPage {
    private const val DEFAULT_CALLS = 50
    private const val MOST_CALLS = 200
    private const val SHOWN = 25

    suspend fun show(visit: Visit): HtmlPage {
        val (handler, notation) = visit.parameter("handler") to visit.parameter("notation")
        val known = notation?.let { read(it) }
        val replayed = if (handler == null || known !is Notation.Known) null else replay(visit, handler, known.policy)
        val handlers =
            visit.settings.queue
                .counts()
                .map { it.handler }
                .toSortedSet()
        return HtmlPage("What if", section = "policies", status = if (known is Notation.Wrong) 400 else 200) {
            "p"("class" to "quiet") {
                +"Replays the recorded attempts of a handler's latest failed calls under another policy. Nothing is changed."
            }
            card(null) { form(visit, handlers) }
            if (known is Notation.Wrong) note("bad") { "pre" { +known.message } }
            if (replayed != null) result(visit, checkNotNull(handler), checkNotNull(notation), replayed)
            if (known is Notation.Known) card("The policy") { policyDrawing(known.policy) }
        }
    }

    private sealed interface Notation {
        class Known(
            val policy: KnownPolicy,
        ) : Notation

        class Wrong(
            val message: String,
        ) : Notation
    }

    private fun read(notation: String): Notation =
        try {
            Notation.Known(KnownPolicies.of(notation))
        } catch (e: RetryPolicyParseException) {
            Notation.Wrong(e.message.orEmpty())
        }

    private fun Html.form(
        visit: Visit,
        handlers: Collection<String>,
    ) = "form"("class" to "filters", "method" to "get", "action" to visit.link("what-if")) {
        val names = (handlers + listOfNotNull(visit.parameter("handler"))).distinct()
        choice("Handler", "handler", visit.parameter("handler"), names.map { it to it })
        val hint = "exponential(1s, max=1h) maxAttempts(20)"
        field("Policy", "notation", visit.parameter("notation"), size = 48, hint = hint, isRequired = true)
        field("Latest calls, at most $MOST_CALLS", "calls", visit.parameter("calls") ?: "$DEFAULT_CALLS", size = 5)
        "button"("type" to "submit", "class" to "primary") { +"Compare" }
    }

    /** The latest failed calls of [handler] under another policy: as many as the visitor wants. */
    suspend fun replay(
        visit: Visit,
        handler: String,
        known: KnownPolicy,
    ): List<Replayed> {
        val text = visit.parameter("calls") ?: "$DEFAULT_CALLS"
        val number =
            requireNotNull(text.toIntOrNull()?.takeIf { it in 1..MOST_CALLS }) { "calls must be from 1 to $MOST_CALLS, but was '$text'" }
        val whatIf = WhatIf(known.policy, visit.now)
        return latest(visit, handler, number).mapNotNull { whatIf.replay(it, visit.settings.queue.errors(it.cid)) }
    }

    /** The latest calls that failed at least once, ended or not. */
    private suspend fun latest(
        visit: Visit,
        handler: String,
        number: Int,
    ): List<CallSummary> {
        val query = CallQuery.ALL.handlers(handler).order(CallQuery.Order.NEWEST)
        return visit.operator
            .calls(query, null, MOST_PAGE)
            .items
            .filter { it.failures > 0 }
            .take(number)
    }

    private fun Html.result(
        visit: Visit,
        handler: String,
        notation: String,
        replayed: List<Replayed>,
    ) {
        card("What it would have done") {
            if (replayed.isEmpty()) return@card nothing("No call of $handler failed lately.")
            totals(replayed)
            "p"("class" to "quiet small") {
                +"Ranges, because it is not known what an attempt between two recorded ones would have met. "
                +"A dead call never succeeded, so only its attempts and the time of its death are known. "
                +"Calls that have not ended are followed until now."
            }
            calls(visit, replayed.take(SHOWN))
        }
        if (visit.allows(ConsoleAction.CHANGE_POLICY)) {
            "div"("class" to "actions") {
                val states = listOf("ready", "held")
                val parameters = arrayOf("action" to "change-policy", "notation" to notation, "handler" to handler, "state" to states)
                "a"("class" to "button primary", "href" to visit.link("act", *parameters)) { +"Apply it to waiting calls of $handler…" }
            }
        }
    }

    private fun Html.totals(replayed: List<Replayed>) =
        rows(
            "Old and new",
            WhatIfTotals(replayed).lines,
            listOf(
                Column(count(replayed.size.toLong(), "call")) { +it.words },
                Column("Was") { +it.was },
                Column("Would have been") { "strong" { +it.would } },
            ),
        )

    private fun Html.calls(
        visit: Visit,
        replayed: List<Replayed>,
    ) = rows(
        "Calls under the other policy",
        replayed,
        listOf(
            Column("Call") { callLink(visit, it.call.cid, it.call.title ?: it.call.cid) },
            Column("Is") { callState(it.call, visit.now) },
            Column("Attempts", isNumber = true) { +it.call.attempts.toString() },
            Column("Would have made", isNumber = true) { +range(it.best.attempts.toLong(), it.worst.attempts.toLong()) },
            Column("Would end after", isNumber = true) { +endOf(it) },
            Column("Would be dead") { +deathOf(it) },
        ),
    )

    private fun deathOf(replayed: Replayed) =
        when {
            replayed.best.isDead -> "yes"
            replayed.worst.isDead -> "perhaps"
            else -> "no"
        }

    private fun endOf(replayed: Replayed): String {
        val isOpen = replayed.worst.end == Course.End.OPEN
        if (isOpen && replayed.best.end == Course.End.OPEN) return "not so far"
        return range(replayed.best.elapsed, replayed.worst.elapsed) + if (isOpen) " or later" else ""
    }

    private const val MOST_PAGE = 500
}
