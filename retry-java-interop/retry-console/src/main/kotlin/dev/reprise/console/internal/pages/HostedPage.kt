package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.age
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.fact
import dev.reprise.console.internal.kit.field
import dev.reprise.console.internal.kit.hidden
import dev.reprise.console.internal.kit.moment
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.internal.kit.state
import dev.reprise.console.internal.kit.stateWord
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.StoreUnavailableException

/** The calls that other engines host, for looking only: their numbers, the dead ones, and each by its id with its policy. */
internal object HostedPage {
    private const val MOST_DEAD = 20

    /** What a host answers; if it does not, [problem] says why. */
    private class Answer<T>(
        val items: List<T>,
        val problem: String? = null,
    )

    private class Overview(
        val counts: Answer<CallCount>,
        val dead: Answer<Call>,
    )

    suspend fun show(visit: Visit): HtmlPage {
        val hosts = visit.settings.hosted
        if (hosts.isEmpty()) throw Refusal.notFound("This console has no hosted calls. Set a queue with hosted(name, queue).")
        val cid = visit.parameter("cid") ?: return overview(visit)
        val host = visit.parameter("host") ?: hosts.keys.first()
        return call(visit, host, hosts[host] ?: throw Refusal.notFound("This console has no queue $host."), cid)
    }

    private suspend fun overview(visit: Visit): HtmlPage {
        val overviews =
            visit.settings.hosted.mapValues { (_, queue) ->
                Overview(answer { queue.counts() }, answer { queue.deadCalls(MOST_DEAD) })
            }
        return HtmlPage("Hosted calls", section = "hosted") {
            "p"("class" to "quiet") { +"Calls whose state another engine keeps. Its own tools change them; here they can be looked at." }
            overviews.forEach { (host, overview) -> card(host) { overview(visit, host, overview) } }
        }
    }

    /** One engine that is away does not hide the others. */
    private suspend fun <T> answer(question: suspend () -> List<T>): Answer<T> =
        try {
            Answer(question())
        } catch (e: StoreUnavailableException) {
            Answer(emptyList(), "It does not respond: ${e.message}")
        } catch (e: UnsupportedOperationException) {
            Answer(emptyList(), e.message)
        }

    private fun Html.overview(
        visit: Visit,
        host: String,
        overview: Overview,
    ) {
        "form"("class" to "filters", "method" to "get", "action" to visit.link("hosted"), "aria-label" to "Find a call of $host") {
            hidden("host", host)
            field("Id of a call", "cid", null, isRequired = true)
            "button"("type" to "submit", "class" to "primary") { +"Find" }
        }
        if (overview.counts.items.isNotEmpty()) counts(overview.counts.items)
        "h3" { +"Oldest dead calls" }
        if (overview.dead.items.isEmpty()) nothing("No dead call is known.") else dead(visit, host, overview.dead.items)
        listOfNotNull(overview.counts.problem, overview.dead.problem).distinct().forEach { note("warn") { +it } }
    }

    private fun Html.counts(counts: List<CallCount>) =
        rows(
            "Calls by handler and state",
            counts,
            listOf(
                Column("Handler") { +it.handler },
                Column("State") { state(it.state.forPeople()) },
                Column("Calls", isNumber = true) { +it.calls.grouped() },
            ),
        )

    private fun Html.dead(
        visit: Visit,
        host: String,
        dead: List<Call>,
    ) = rows(
        "Oldest dead calls",
        dead,
        listOf(
            Column("Call") { "a"("href" to visit.link("hosted", "host" to host, "cid" to it.cid)) { +(it.title ?: it.cid) } },
            Column("Handler") { +it.handler },
            Column("Dead because") { +it.deadReason?.forPeople().orEmpty() },
            Column("Attempts", isNumber = true) { +it.attempts.toLong().grouped() },
            Column("Enqueued") { age(it.enqueuedAt, visit.now) },
        ),
    )

    private suspend fun call(
        visit: Visit,
        host: String,
        queue: CallQueue,
        cid: String,
    ): HtmlPage {
        val call = queue.find(cid) ?: throw Refusal.noCall(cid)
        val errors = queue.errors(cid)
        val why = queue.why(cid)
        return HtmlPage(call.title ?: "Call ${call.cid}", section = "hosted") {
            note(if (call.state.isEnd) null else "good") {
                state(stateWord(call.state, call.failures, call.dueAt, visit.now))
                +" ${why.text.replaceFirstChar(Char::uppercase).removeSuffix(".")}."
            }
            "div"("class" to "columns") {
                "div" {
                    policyCard(call, errors, visit.now)
                    card("What happened") { with(Timeline(call, errors, emptyMap(), visit.now)) { show() } }
                }
                "div" { details(visit, host, call) }
            }
        }
    }

    private fun Html.details(
        visit: Visit,
        host: String,
        call: Call,
    ) = card("Call") {
        "dl" {
            fact("Id") { "code" { +call.cid } }
            fact("Hosted by", host)
            fact("Handler", call.handler)
            fact("Dead because", call.deadReason) { +it.forPeople() }
            fact("Attempts", if (call.failures == 0) "${call.attempts}" else "${call.attempts}, ${call.failures} failed")
            fact("Enqueued", call.enqueuedAt) { moment(it, visit.now) }
            fact("Deadline", call.deadline) { moment(it, visit.now) }
            fact("Ended", call.endedAt) { moment(it, visit.now) }
            fact("Priority", call.priority)
            fact("Order key", call.orderKey)
            fact("Unique key", call.uniqueKey)
        }
    }
}
