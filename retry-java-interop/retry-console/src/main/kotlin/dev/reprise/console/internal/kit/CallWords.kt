package dev.reprise.console.internal.kit

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.grouped
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Group
import java.time.Instant

/** The state of a call for people: a ready call is retrying, scheduled or just ready. */
internal fun stateWord(
    state: CallState,
    failures: Int,
    dueAt: Instant,
    now: Instant,
): String =
    when {
        state != CallState.READY -> state.forPeople()
        failures > 0 -> "retrying"
        dueAt > now -> "scheduled"
        else -> "ready"
    }

internal fun Html.callState(
    call: CallSummary,
    now: Instant,
) {
    state(stateWord(call.state, call.failures, call.dueAt, now))
    call.deadReason?.let { "span"("class" to "quiet small") { +" ${it.forPeople()}" } }
}

/** The number of calls in a group: `1,000+` if it is capped. */
internal val Group.number: String get() = count.toLong().grouped() + if (isExact) "" else "+"

/** A link to a call; its text is the end of the id, which differs between calls of the same time. */
internal fun Html.callLink(
    visit: Visit,
    cid: String,
    text: String = cid,
) = "a"("href" to visit.link("calls/" + Links.segment(cid)), "class" to "mono") { +text }
