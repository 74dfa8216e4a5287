package dev.reprise.console.draw

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import kotlin.math.ceil

/**
 * Places the points of a band. Colours are attributes, so that the drawing is complete as a file; the classes let the stylesheet of the console
 * replace them in the dark.
 */
internal class Plot(
    private val points: List<BandPoint>,
    private val past: List<PastDelay>,
    private val width: Int,
    private val height: Int,
    isLinear: Boolean,
) {
    private val right = width - 12.0
    private val bottom = height - 44.0
    private val delays = points.flatMap { listOf(it.min, it.max) } + past.map { it.delay }
    private val axis = DurationAxis(delays, bottom, TOP, isLinear)
    private val last = maxOf(points.size, past.maxOfOrNull { it.retry } ?: 1, 1)
    private val drawn = thinned(points)

    private fun x(retry: Int): Double =
        if (last == 1) (LEFT + right) / 2 else LEFT + INSET + (retry - 1) * (right - LEFT - 2 * INSET) / (last - 1)

    fun Html.grid() {
        axis.ticks.forEach { tick ->
            val y = axis.y(tick)
            "line"("class" to "grid", "x1" to LEFT.px(), "x2" to right.px(), "y1" to y.px(), "y2" to y.px(), "stroke" to "#d8dee4")
            "text"(
                "class" to "label",
                "x" to (LEFT - 8).px(),
                "y" to (y + 4).px(),
                "text-anchor" to "end",
                "fill" to GREY,
            ) { +tick.forPeople() }
        }
        retries().forEach { retry ->
            "text"(
                "class" to "label",
                "x" to x(retry).px(),
                "y" to (bottom + 18).px(),
                "text-anchor" to "middle",
                "fill" to GREY,
            ) { text(retry) }
        }
    }

    private fun retries(): List<Int> {
        val step = listOf(1, 2, 5, 10, 20, 50, 100, 200, 500).first { last / it <= width / LABEL }
        return (listOf(1) + (step..last step step)).distinct()
    }

    fun Html.band() {
        if (drawn.isEmpty()) return
        if (drawn.size > 1) area()
        line()
        if (drawn.size <= DOTS) drawn.forEach { dot(it) }
    }

    private fun Html.area() {
        val upper = drawn.map { "${x(it.retry).px()},${axis.y(it.max).px()}" }
        val lower = drawn.asReversed().map { "${x(it.retry).px()},${axis.y(it.min).px()}" }
        "polygon"("class" to "band", "points" to (upper + lower).joinToString(" "), "fill" to "#0969da", "fill-opacity" to "0.18")
    }

    private fun Html.line() {
        val middle = drawn.joinToString(" ") { "${x(it.retry).px()},${axis.y(it.median).px()}" }
        "polyline"("class" to "median", "points" to middle, "fill" to "none", "stroke" to "#0969da", "stroke-width" to "2")
    }

    private fun Html.dot(point: BandPoint) =
        "circle"("class" to "dot", "cx" to x(point.retry).px(), "cy" to axis.y(point.median).px(), "r" to "3", "fill" to "#0969da") {
            "title" { +"retry ${point.retry}: ${point.min.forPeople()} to ${point.max.forPeople()}, median ${point.median.forPeople()}" }
        }

    /** A square for a delay that was: it differs by its shape too. */
    fun Html.past() =
        thinned(past).forEach {
            val (x, y) = x(it.retry) to axis.y(it.delay)
            "rect"("class" to "past", "x" to (x - 4).px(), "y" to (y - 4).px(), "width" to "8", "height" to "8", "fill" to "#bc4c00") {
                "title" { +"retry ${it.retry} was ${it.delay.forPeople()} after the attempt before" }
            }
        }

    fun Html.caption(end: String) {
        "text"("class" to "label", "x" to LEFT.px(), "y" to "16", "fill" to GREY) { +"delay before the retry" }
        "text"("class" to "label", "x" to right.px(), "y" to (height - 6.0).px(), "text-anchor" to "end", "fill" to GREY) {
            +if (width < WIDE) "retry" else "retry. $end"
        }
    }

    companion object {
        const val GREY = "#57606a"
        private const val LEFT = 72.0
        private const val TOP = 30.0

        /** As wide as the sentence about the end. */
        private const val WIDE = 560
        private const val INSET = 8.0
        private const val LABEL = 50
        private const val DOTS = 60
        private const val MOST_POINTS = 300

        private fun <T> thinned(points: List<T>): List<T> {
            val step = ceil(points.size.toDouble() / MOST_POINTS).toInt()
            return if (step <= 1) points else points.filterIndexed { i, _ -> i % step == 0 || i == points.lastIndex }
        }
    }
}
