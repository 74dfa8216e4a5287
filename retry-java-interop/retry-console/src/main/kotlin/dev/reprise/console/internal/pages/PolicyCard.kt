package dev.reprise.console.internal.pages

import dev.reprise.RetryPolicy
import dev.reprise.console.draw.PastDelay
import dev.reprise.console.draw.PolicyDrawing
import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.count
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.relativeTo
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.note
import dev.reprise.console.internal.kit.scrollable
import dev.reprise.policy.RetryPolicyParseException
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallState
import java.time.Duration
import java.time.Instant
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/** A policy that was read, with its drawing. */
internal class KnownPolicy(
    val policy: RetryPolicy,
    val drawing: PolicyDrawing,
)

/** Keeps the policies that were drawn last: all calls of a handler have the same few. */
internal object KnownPolicies {
    private const val MOST = 64

    private val known =
        object : LinkedHashMap<String, KnownPolicy>(MOST, 0.75f, true) {
            override fun removeEldestEntry(eldest: Map.Entry<String, KnownPolicy>) = size > MOST
        }

    /** @throws RetryPolicyParseException if it cannot be read here, for example because a class is missing. */
    fun of(notation: String): KnownPolicy =
        synchronized(known) { known[notation] } ?: run {
            val policy = RetryPolicy.parse(notation)
            KnownPolicy(policy, PolicyDrawing.of(policy)).also { synchronized(known) { known[notation] = it } }
        }
}

/** What the policy of a call does, with the delays that the call has had. */
internal fun Html.policyCard(
    call: Call,
    errors: List<AttemptError>,
    now: Instant,
) = card("Policy") {
    "p" { "code" { +call.policy } }
    val known =
        try {
            KnownPolicies.of(call.policy)
        } catch (e: RetryPolicyParseException) {
            return@card note("warn") { +"This process cannot read it: ${e.message}" }
        }
    "p"("class" to "why") { +progress(call, known.drawing, now) }
    policyDrawing(known, pastDelays(errors))
}

/** The drawing of a policy with its words, and the same as a table. */
internal fun Html.policyDrawing(
    known: KnownPolicy,
    past: List<PastDelay> = emptyList(),
) {
    val drawing = known.drawing.with(past)
    val explanation = known.policy.explain()
    "div"("class" to "chart") {
        "div" {
            scrollable("Drawing of the policy") { with(drawing) { inline() } }
            "p"("class" to "quiet small") {
                +"Line: the median of 200 simulated runs, in the range of all."
                if (past.isNotEmpty()) +" Squares: the delays so far."
            }
        }
        "div" {
            "p" { +explanation.text }
            explanation.lints.forEach { note("warn") { +it.message } }
            "details" {
                "summary" { +"The same as a table" }
                scrollable("Delays of the policy, as a table") { with(drawing) { table() } }
            }
        }
    }
}

/** Where the call is in its policy: "Attempt 7 of 81 is next, in 3m. If all fail, it gives up in 2d, at …". */
private fun progress(
    call: Call,
    drawing: PolicyDrawing,
    now: Instant,
): String {
    val total = drawing.attempts?.let { " of $it" }.orEmpty()
    if (call.state.isEnd) return "${count(call.attempts.toLong(), "attempt")}$total ${if (call.attempts == 1) "was" else "were"} made."
    val attempt = "Attempt ${call.attempts + 1}$total"
    val next =
        when {
            call.state == CallState.RUNNING -> "$attempt is running."
            call.state == CallState.HELD -> "$attempt is next, after the calls before it in its order."
            call.dueAt > now -> "$attempt is next, ${call.dueAt.relativeTo(now)}."
            else -> "$attempt is next, and due."
        }
    val remaining = drawing.remainingAfter(call.attempts) ?: return next
    val end = maxOf(call.dueAt, now).plus(remaining.toJavaDuration()).let { end -> call.deadline?.let { minOf(it, end) } ?: end }
    return "$next If all fail, it gives up ${end.relativeTo(now)}, at ${end.forPeople()}."
}

/** The delays between recorded attempts that follow each other. */
internal fun pastDelays(errors: List<AttemptError>): List<PastDelay> =
    errors.zipWithNext().filter { (a, b) -> b.attempt == a.attempt + 1 }.map { (a, b) ->
        val start = b.at.minus(b.getElapsed() ?: Duration.ZERO)
        PastDelay(a.attempt, Duration.between(a.at, start).toKotlinDuration().coerceAtLeast(kotlin.time.Duration.ZERO))
    }
