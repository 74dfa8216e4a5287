package dev.reprise.console.draw

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople

/** The values of a drawing as a table. */
internal fun Html.bandTable(
    points: List<BandPoint>,
    past: List<PastDelay>,
) {
    val byRetry = past.associateBy { it.retry }
    "table"("class" to "data") {
        "caption" { +if (points.size > PolicyDrawing.TABLE_ROWS) "Some of ${points.size} retries" else "All retries" }
        "thead" {
            "tr" { listOf("Retry", "Shortest", "Median", "Longest", "Started after", "Was").forEach { "th"("scope" to "col") { +it } } }
        }
        "tbody" {
            rows(points).forEach { point ->
                "tr" {
                    "th"("scope" to "row") { text(point.retry) }
                    listOf(point.min, point.median, point.max, point.elapsed).forEach { "td" { +it.forPeople() } }
                    "td" { +(byRetry[point.retry]?.delay?.forPeople() ?: "–") }
                }
            }
        }
    }
}

/** The first half, then ever fewer, and the last. */
private fun rows(points: List<BandPoint>): List<BandPoint> {
    if (points.size <= PolicyDrawing.TABLE_ROWS) return points
    val first = PolicyDrawing.TABLE_ROWS / 2
    val rest = points.size - first
    val later = (1..first).map { first - 1 + rest * it / first }
    return points.take(first) + later.map(points::get)
}
