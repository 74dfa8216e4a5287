package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.simpleName
import dev.reprise.console.internal.kit.time
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallState
import java.time.Instant

/** What happened to a call, oldest first. Of many failed attempts the middle is folded. */
internal class Timeline(
    private val call: Call,
    private val errors: List<AttemptError>,
    private val now: Instant,
) {
    fun Html.show() =
        "div"("class" to "scroll", "tabindex" to "0", "role" to "region", "aria-label" to "Time line") {
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
            if (i == 1 && errors.size > SHOWN) entry(null) { +"${errors.size - SHOWN} more failed attempts" }
            attempt(error)
        }
    }

    private fun Html.attempt(error: AttemptError) =
        entry("bad") {
            "strong" { +"Attempt ${error.attempt} failed" }
            +" "
            time(error.at, now)
            error.elapsed?.let { +" after ${it.forPeople()}" }
            "div" {
                "code"("title" to error.type) { +error.type.simpleName() }
                +": ${error.message}"
            }
            error.causes.forEach { "div"("class" to "quiet small") { +"caused by $it" } }
            hints(error)
            error.trace?.let { trace ->
                "details" {
                    "summary" { +"Stack trace" }
                    "pre"("tabindex" to "0") { +trace }
                }
            }
        }

    private fun Html.hints(error: AttemptError) {
        val hints =
            listOfNotNull(
                error.retryAfter?.let { "it asked to wait ${it.forPeople()}" },
                error.isRetryable?.let { if (it) "it asked to be retried" else "it asked not to be retried" },
                error.handlerVersion?.let { "handler version $it" },
                error.worker?.let { "worker $it" },
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
                entry("next") {
                    "strong" { +if (call.state == CallState.RUNNING) "Running" else "Next attempt" }
                    +" "
                    time(call.dueAt, now)
                }
            }
        }
    }

    private fun Html.entry(
        kind: String?,
        content: Html.() -> Unit,
    ) = "li"("class" to kind) { content() }

    private companion object {
        const val SHOWN = 10
    }
}
