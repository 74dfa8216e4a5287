package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.count
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.simpleName
import dev.reprise.console.internal.kit.scrollable
import dev.reprise.console.internal.kit.time
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallState
import java.time.Instant

/** What happened to a call, oldest first. Of many failed attempts the middle is left out, and a failure like the one before is not repeated. */
internal class Timeline(
    private val call: Call,
    private val errors: List<AttemptError>,
    /** The names of workers by their nonces. */
    private val workers: Map<String, String>,
    private val now: Instant,
) {
    fun Html.show() =
        scrollable("Time line") {
            "ol"("class" to "timeline") {
                entry("good") {
                    "strong" { +"Enqueued" }
                    +" "
                    time(call.enqueuedAt, now)
                }
                attempts()
                ending()
            }
        }

    private fun Html.attempts() {
        val shown = if (errors.size > SHOWN) errors.take(1) + errors.takeLast(SHOWN - 1) else errors
        shown.forEachIndexed { i, error ->
            if (i == 1 && errors.size > SHOWN) entry(null) { +count(errors.size.toLong() - SHOWN, "more failed attempt") }
            attempt(error, shown.getOrNull(i - 1))
        }
    }

    private fun Html.attempt(
        error: AttemptError,
        before: AttemptError?,
    ) = entry("bad") {
        "strong" { +"Attempt ${error.attempt} failed" }
        +" "
        time(error.at, now)
        error.elapsed?.let { +" after ${it.forPeople()}" }
        if (before != null && isSame(error, before)) {
            "div"("class" to "quiet small") { +"with the same failure" }
        } else {
            failure(error)
        }
        hints(error, before)
        trace(error)
    }

    private fun isSame(
        a: AttemptError,
        b: AttemptError,
    ) = a.type == b.type && a.message == b.message && a.causes == b.causes

    private fun Html.failure(error: AttemptError) {
        "div" {
            "code"("title" to error.type) { +error.type.simpleName() }
            +": ${error.message}"
        }
        error.causes.forEach { "div"("class" to "quiet small") { +"caused by $it" } }
    }

    private fun Html.trace(error: AttemptError) {
        val trace = error.trace ?: return
        "details" {
            "summary" { +"Stack trace" }
            "pre"("tabindex" to "0") { +trace }
        }
    }

    /** What the failure said about a retry; the version and the worker where they have changed. */
    private fun Html.hints(
        error: AttemptError,
        before: AttemptError?,
    ) {
        val hints =
            listOfNotNull(
                error.retryAfter?.let { "it asked for a delay of ${it.forPeople()}" },
                error.isRetryable?.let { if (it) "it said that a retry can help" else "it said that a retry cannot help" },
                error.handlerVersion?.takeIf { it != before?.handlerVersion }?.let { "handler version $it" },
                error.worker?.takeIf { it != before?.worker }?.let { "worker ${workers[it] ?: it.take(SHORT)}" },
            )
        if (hints.isNotEmpty()) "div"("class" to "quiet small") { +hints.joinToString(", ") }
    }

    private fun Html.ending() {
        val ended = call.endedAt
        when {
            ended != null -> {
                entry(if (call.state == CallState.SUCCEEDED) "good" else "bad") {
                    "strong" { +call.state.forPeople().replaceFirstChar(Char::uppercase) }
                    call.deadReason?.let { +" (${it.forPeople()})" }
                    +" "
                    time(ended, now)
                }
            }

            else -> {
                entry("next") { next() }
            }
        }
    }

    private fun Html.next() {
        when (call.state) {
            CallState.RUNNING -> {
                "strong" { +"Attempt ${call.attempts + 1} is running" }
            }

            CallState.HELD -> {
                "strong" { +"Next attempt" }
                +" when the calls before it in its order have ended"
            }

            else -> {
                "strong" { +"Next attempt" }
                +" "
                time(call.dueAt, now)
            }
        }
    }

    private fun Html.entry(
        kind: String?,
        content: Html.() -> Unit,
    ) = "li"("class" to kind) { content() }

    private companion object {
        const val SHOWN = 10
        const val SHORT = 8
    }
}
