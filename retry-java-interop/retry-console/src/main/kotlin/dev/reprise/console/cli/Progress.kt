package dev.reprise.console.cli

import java.io.PrintWriter
import kotlin.time.DurationUnit
import kotlin.time.TimeSource

/** A progress bar with a rate and an end, on a terminal only: redirected output stays plain. */
internal class Progress(
    private val err: PrintWriter,
    private val expected: Int,
    private val isShown: Boolean = Terminal.isThere,
    timeSource: TimeSource = TimeSource.Monotonic,
) {
    private val start = timeSource.markNow()

    fun show(done: Int) {
        if (!isShown || expected == 0) return
        val filled = (WIDTH.toLong() * minOf(done, expected) / expected).toInt()
        val rate = done / maxOf(start.elapsedNow().toDouble(DurationUnit.SECONDS), SHORTEST)
        val left = ((expected - done) / maxOf(rate, 1.0)).toInt().coerceAtLeast(0)
        err.print("\r[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}] $done of $expected, ${rate.toInt()}/s, $left s left ")
        err.flush()
    }

    fun end() {
        if (isShown) err.println()
    }

    private companion object {
        const val WIDTH = 30
        const val SHORTEST = 0.001
    }
}
