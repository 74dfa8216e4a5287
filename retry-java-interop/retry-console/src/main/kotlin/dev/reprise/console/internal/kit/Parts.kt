package dev.reprise.console.internal.kit

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.relativeTo
import java.time.Instant

/** A column of a table; [name] is also the label of its values where the rows are cards. */
internal class Column<T>(
    val name: String,
    val isNumber: Boolean = false,
    val cell: Html.(T) -> Unit,
)

/** A table whose rows become cards on a narrow screen. The first column names the row; [tick] is what selects it, in front of its name. */
internal fun <T> Html.rows(
    caption: String,
    rows: List<T>,
    columns: List<Column<T>>,
    tick: Column<T>? = null,
    isMarked: (T) -> Boolean = { false },
) = "table"("class" to "rows") {
    "caption"("class" to "hidden") { +caption }
    "thead" {
        "tr" {
            if (tick != null) "th"("scope" to "col", "class" to "tick") { "span"("class" to "hidden") { +tick.name } }
            columns.forEach { "th"("scope" to "col", "class" to if (it.isNumber) "number" else null) { +it.name } }
        }
    }
    "tbody" {
        rows.forEach { row ->
            "tr"("class" to if (isMarked(row)) "marked" else null) {
                if (tick != null) "td"("class" to "tick") { tick.cell(this, row) }
                "th"("scope" to "row") { columns.first().cell(this, row) }
                columns.drop(1).forEach { column ->
                    "td"(
                        "data-label" to column.name,
                        "class" to if (column.isNumber) "number" else null,
                    ) { "div" { column.cell(this, row) } }
                }
            }
        }
    }
}

/** A part of a page with a heading. */
internal fun Html.card(
    title: String?,
    content: Html.() -> Unit,
) = "section"("class" to "card") {
    if (title != null) "h2" { +title }
    content()
}

/** A box for what can be wider than the window: it scrolls by itself, also with the keyboard. */
internal fun Html.scrollable(
    label: String,
    content: Html.() -> Unit,
) = "div"("class" to "scroll", "tabindex" to "0", "role" to "region", "aria-label" to label, content = content)

/** A name with its value, in a `dl`. */
internal fun Html.fact(
    name: String,
    content: Html.() -> Unit,
) {
    "dt" { +name }
    "dd" { content() }
}

/** A name with its [value]; nothing if there is none. */
internal fun <T : Any> Html.fact(
    name: String,
    value: T?,
    content: Html.(T) -> Unit = { text(it) },
) {
    if (value != null) fact(name) { content(value) }
}

/** An instant with the time from [now]. */
internal fun Html.time(
    instant: Instant,
    now: Instant,
) = "time"("datetime" to instant) { +"${instant.forPeople()} (${instant.relativeTo(now)})" }

/** An instant above the time from [now], for a narrow column. */
internal fun Html.moment(
    instant: Instant,
    now: Instant,
) {
    "time"("datetime" to instant) { +instant.forPeople() }
    "div"("class" to "quiet small") { +instant.relativeTo(now) }
}

/** Only the time from [now]. */
internal fun Html.age(
    instant: Instant,
    now: Instant,
) = "time"("datetime" to instant) { +instant.relativeTo(now) }

/** A state as a word with a shape in front of it; [kind] selects its colour. */
internal fun Html.state(
    word: String,
    kind: String = word.replace(' ', '-'),
) = "span"("class" to "state $kind") { +"${SHAPES[kind] ?: "•"} $word" }

private val SHAPES =
    mapOf(
        "ready" to "○",
        "scheduled" to "◷",
        "retrying" to "⟳",
        "held" to "‖",
        "running" to "▶",
        "succeeded" to "✓",
        "success" to "✓",
        "dead" to "✕",
        "cancelled" to "–",
        "paused" to "‖",
        "failure" to "✕",
        "suspended" to "‖",
        "reverted" to "↩",
        "reverting" to "↺",
        "revert-failure" to "⚠",
        "hung" to "⚠",
        "pending" to "○",
    )

/** A notice at the top of a page; [kind] is `good`, `bad`, `warn` or nothing. */
internal fun Html.note(
    kind: String? = null,
    content: Html.() -> Unit,
) = "div"("class" to listOfNotNull("note", kind).joinToString(" ")) { content() }

/** Instead of a table without rows. */
internal fun Html.nothing(text: String) = "p"("class" to "quiet") { +text }
