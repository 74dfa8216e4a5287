package dev.reprise.console.draw

import dev.reprise.RetryPolicy
import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.html
import kotlin.time.Duration

/**
 * Draws the delays of a policy up to its end: for each retry the shortest, the median and the longest delay of 200 simulated runs, and the
 * delays that a run has had so far. The same policy and delays always give the same text.
 *
 * ```
 * File("waits.svg").writeText(PolicyDrawing.of(RetryPolicy.parse("exponential(1s) maxAttempts(8)")).toSvg())
 * ```
 */
public class PolicyDrawing private constructor(
    private val notation: String,
    private val band: Band,
    private val past: List<PastDelay>,
) {
    /** Of a policy that does not end, only the first delays. */
    private val shown = if (band.isTruncated) band.points.take(SHOWN_WITHOUT_END) else band.points

    /** What the drawing shows, in a sentence. */
    public val description: String
        get() {
            val last = shown.lastOrNull() ?: return "One attempt, no retry."
            val range = "${shown.minOf { it.min }.forPeople()} to ${shown.maxOf { it.max }.forPeople()}"
            return "Delays from $range before ${last.retry} retries. $end"
        }

    private val end: String
        get() {
            if (band.isTruncated) return "The run continues after ${band.points.size} retries."
            val attempts =
                if (band.attempts.first ==
                    band.attempts.last
                ) {
                    "${band.attempts.last}"
                } else {
                    "${band.attempts.first} to ${band.attempts.last}"
                }
            return "The run gives up after $attempts attempts, ${band.elapsed.forPeople()} after its start."
        }

    /** The most attempts of a run; null if it has no end. */
    internal val attempts: Int? get() = band.attempts.last.takeUnless { band.isTruncated }

    /** From the start of the retry after [retry] to the end of the run, as the medians have it; null if it has no end. */
    internal fun remainingAfter(retry: Int): Duration? =
        if (band.isTruncated) null else band.points.filter { it.retry > retry }.fold(Duration.ZERO) { sum, point -> sum + point.median }

    /** The same drawing with the delays [past] that a run has had. */
    internal fun with(past: List<PastDelay>): PolicyDrawing = PolicyDrawing(notation, band, past)

    /**
     * Returns the drawing as an SVG document, which needs no other file.
     *
     * @param width is the width in pixels, at least 200. Default: 720.
     * @param height is the height in pixels, at least 120. Default: 240.
     * @param isLinear draws delays on a linear scale, whatever their range is. Default: false.
     * @throws IllegalArgumentException if it would be smaller.
     */
    @JvmOverloads
    public fun toSvg(
        width: Int = WIDTH,
        height: Int = HEIGHT,
        isLinear: Boolean = false,
    ): String {
        require(width >= LEAST_WIDTH && height >= LEAST_HEIGHT) {
            "a drawing must be at least $LEAST_WIDTH wide and $LEAST_HEIGHT high, but was $width by $height"
        }
        return html { draw(width, height, isLinear, "xmlns" to "http://www.w3.org/2000/svg") } + "\n"
    }

    /** Writes the drawing into a page. */
    internal fun Html.inline() = draw(WIDTH, HEIGHT, isLinear = false)

    /** Writes the same values as a table; of more than [TABLE_ROWS] retries some. */
    internal fun Html.table() = bandTable(shown, past)

    private fun Html.draw(
        width: Int,
        height: Int,
        isLinear: Boolean,
        vararg attributes: Pair<String, Any?>,
    ) {
        val plot = Plot(shown, past, width, height, isLinear)
        "svg"(*attributes, "viewBox" to "0 0 $width $height", "role" to "img", "class" to "policy-drawing", *TEXT) {
            "title" { +"Delays of $notation" }
            "desc" { +description }
            // A file can be shown on a dark page.
            if (attributes.isNotEmpty()) "rect"("width" to width, "height" to height, "fill" to "#ffffff")
            with(plot) {
                grid()
                band()
                past()
                caption(end)
            }
        }
    }

    public companion object {
        private const val SHOWN_WITHOUT_END = 40
        private const val WIDTH = 720
        private const val HEIGHT = 240
        private const val LEAST_WIDTH = 200
        private const val LEAST_HEIGHT = 120

        /** The most rows of the table. */
        internal const val TABLE_ROWS: Int = 24

        private val TEXT = arrayOf<Pair<String, Any?>>("font-family" to "system-ui, sans-serif", "font-size" to "12")

        /** The drawing of [policy], with the delays [past] that a run has had. */
        @JvmStatic
        @JvmOverloads
        public fun of(
            policy: RetryPolicy,
            past: List<PastDelay> = emptyList(),
        ): PolicyDrawing = PolicyDrawing(policy.toString(), Band.of(policy), past)
    }
}
