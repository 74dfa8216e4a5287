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

    /** What a host says about its calls; [problem] says why it says nothing. */
    private class Overview(
        val counts: List<CallCount> = emptyList(),
        val dead: List<Call> = emptyList(),
        val problem: String? = null,
    )

    suspend fun show(visit: Visit): HtmlPage {
        val hosts = visit.settings.hosted
        if (hosts.isEmpty()) throw Refusal.notFound("This console has no hosted calls. Set a queue with hosted(name, queue).")
        val cid = visit.parameter("cid") ?: return overview(visit)
        val host = visit.parameter("host") ?: hosts.keys.first()
        return call(visit, host, hosts[host] ?: throw Refusal.notFound("This console has no queue $host."), cid)
    }

    private suspend fun overview(visit: Visit): HtmlPage {
        val overviews = visit.settings.hosted.mapValues { (_, queue) -> overview(queue) }
        return HtmlPage("Hosted calls", section = "hosted") {
            "p"("class" to "quiet") { +"Calls whose state another engine keeps. Its own tools change them; here they can be looked at." }
            overviews.forEach { (host, overview) -> card(host) { overview(visit, host, overview) } }
        }
    }

    /** One engine that is away does not hide the others. */
    private suspend fun overview(queue: CallQueue): Overview =
        try {
            Overview(queue.counts(), queue.deadCalls(MOST_DEAD))
        } catch (e: StoreUnavailableException) {
            Overview(problem = "It does not respond: ${e.message}")
        } catch (e: UnsupportedOperationException) {
            Overview(problem = e.message)
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
        overview.problem?.let { return note("warn") { +it } }
        if (overview.counts.isEmpty()) nothing("No call is known.") else counts(overview.counts)
        if (overview.dead.isNotEmpty()) dead(visit, host, overview.dead)
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
    ) {
        "h3" { +"Oldest dead calls" }
        rows(
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
    }

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
