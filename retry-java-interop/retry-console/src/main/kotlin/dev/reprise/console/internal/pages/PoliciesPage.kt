package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.count
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.nothing
import dev.reprise.policy.RetryPolicyParseException
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary

/** The policies of the latest calls, explained. */
internal object PoliciesPage {
    private const val LATEST = 500

    suspend fun show(visit: Visit): HtmlPage {
        val policies = read(visit)
        val number = policies.sumOf { it.second.size.toLong() }
        return HtmlPage("Policies", section = "policies") {
            "p"("class" to "quiet") {
                +"The policies of the latest ${count(number, "call")}. "
                "a"("href" to visit.link("what-if")) { +"What would another policy have done?" }
            }
            if (policies.isEmpty()) card(null) { nothing("No call was enqueued so far.") }
            policies.forEach { (notation, used) -> card(null) { policy(visit, notation, used) } }
        }
    }

    /** The latest calls by their policies, the most frequent first. */
    suspend fun read(visit: Visit): List<Pair<String, List<CallSummary>>> =
        visit.operator
            .calls(CallQuery.ALL.order(CallQuery.Order.NEWEST), null, LATEST)
            .items
            .groupBy { it.policy }
            .toList()
            .sortedByDescending { it.second.size }

    private fun Html.policy(
        visit: Visit,
        notation: String,
        used: List<CallSummary>,
    ) {
        val handlers =
            used
                .groupingBy { it.handler }
                .eachCount()
                .entries
                .sortedByDescending { it.value }
        "h2" { "code" { +notation } }
        "p"("class" to "quiet") {
            +(
                "Used by " +
                    handlers.joinToString { (handler, number) -> "$handler (${count(number.toLong(), "call")})" }
            )
        }
        try {
            policyDrawing(KnownPolicies.of(notation))
        } catch (e: RetryPolicyParseException) {
            note("warn") { +"This process cannot read it: ${e.message}" }
        }
        "div"("class" to "actions") {
            handlers.take(MOST_LINKS).forEach { (handler, _) ->
                "a"(
                    "class" to "button small",
                    "href" to visit.link("what-if", "handler" to handler, "notation" to notation),
                ) { +"What if, for $handler" }
            }
        }
    }

    private const val MOST_LINKS = 5
}
