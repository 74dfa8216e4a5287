package dev.reprise.console.draw

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.grouped

/** One bar: its [parts] stand on each other, in the order of the legend. */
internal class Bar(
    val label: String,
    val parts: List<Long>,
    /** True if there are more than are counted. */
    val isCapped: Boolean = false,
) {
    val total: Long get() = parts.sum()

    /** The number for people: `500+` if it is capped. */
    val number: String get() = total.grouped() + if (isCapped) "+" else ""
}

/** A bar chart of values at equal distances: of attempts per minute, of calls that become due. */
internal class Bars(
    val title: String,
    private val legend: List<String>,
    private val bars: List<Bar>,
) {
    private val largest = maxOf(bars.maxOfOrNull { it.total } ?: 0, 1)

    private val description: String
        get() {
            val most = bars.maxByOrNull { it.total }?.takeIf { it.total > 0 } ?: return "$title: none."
            return "$title: at most ${most.number}, at ${most.label}; ${bars.sumOf { it.total }.grouped()} in all."
        }

    /** A small one without axes, for a row of a table. */
    fun Html.sparkline() =
        "svg"("viewBox" to "0 0 ${bars.size * 3} 24", "role" to "img", "class" to "sparkline", "preserveAspectRatio" to "none") {
            "title" { +description }
            bars.forEachIndexed { i, bar -> stack(bar, i * 3.0, 2.0, bottom = 24.0, height = 22.0) }
        }

    /** A large one with axes. */
    fun Html.chart() =
        "svg"("viewBox" to "0 0 $WIDTH $HEIGHT", "role" to "img", "class" to "bars", "font-size" to "12") {
            "title" { +title }
            "desc" { +description }
            axis()
            val step = (WIDTH - LEFT) / maxOf(bars.size, 1)
            bars.forEachIndexed { i, bar ->
                stack(bar, LEFT + i * step, step * BAR_SHARE, BOTTOM, BOTTOM - TOP)
                if (i % maxOf(bars.size / MOST_LABELS, 1) == 0) label(bar.label, LEFT + i * step)
            }
        }

    private fun Html.axis() {
        listOf(largest, largest / 2).distinct().filter { it > 0 }.forEach {
            val y = BOTTOM - it.toDouble() / largest * (BOTTOM - TOP)
            "line"("class" to "grid", "x1" to LEFT.px(), "x2" to WIDTH, "y1" to y.px(), "y2" to y.px(), "stroke" to "#d8dee4")
            "text"("class" to "label", "x" to (LEFT - 8).px(), "y" to (y + 4).px(), "text-anchor" to "end") { +it.grouped() }
        }
        "line"("class" to "grid", "x1" to LEFT.px(), "x2" to WIDTH, "y1" to BOTTOM.px(), "y2" to BOTTOM.px(), "stroke" to "#d8dee4")
    }

    private fun Html.label(
        text: String,
        x: Double,
    ) = "text"("class" to "label", "x" to x.px(), "y" to (BOTTOM + 18).px()) { +text }

    private fun Html.stack(
        bar: Bar,
        x: Double,
        width: Double,
        bottom: Double,
        height: Double,
    ) {
        var y = bottom
        bar.parts.forEachIndexed { part, number ->
            if (number == 0L) return@forEachIndexed
            val share = maxOf(number.toDouble() / largest * height, 1.0)
            y -= share
            "rect"("class" to "part$part", "x" to x.px(), "y" to y.px(), "width" to width.px(), "height" to share.px()) {
                "title" { +"${bar.label}: ${legend[part]} ${number.grouped()}${if (bar.isCapped) "+" else ""}" }
            }
        }
    }

    /** What the colours mean. */
    fun Html.legend() =
        "ul"("class" to "legend") {
            legend.forEachIndexed { i, name ->
                "li" {
                    "span"("class" to "key part$i")
                    +name
                }
            }
        }

    /** The same values as a table, without the bars that are empty. */
    fun Html.table(first: String) =
        "table"("class" to "data") {
            "caption" { +title }
            "thead" { "tr" { (listOf(first) + legend).forEach { "th"("scope" to "col") { +it } } } }
            "tbody" {
                bars.filter { it.total > 0 }.forEach { bar ->
                    "tr" {
                        "th"("scope" to "row") { +bar.label }
                        bar.parts.forEach { "td" { +(it.grouped() + if (bar.isCapped) "+" else "") } }
                    }
                }
            }
        }

    private companion object {
        const val WIDTH = 720
        const val HEIGHT = 190
        const val LEFT = 48.0
        const val TOP = 14.0
        const val BOTTOM = 164.0
        const val BAR_SHARE = 0.8
        const val MOST_LABELS = 8
    }
}
