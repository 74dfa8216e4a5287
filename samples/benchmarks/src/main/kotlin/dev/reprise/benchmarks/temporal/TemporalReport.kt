package dev.reprise.benchmarks.temporal

import kotlinx.coroutines.runBlocking
import java.lang.management.ManagementFactory
import java.time.LocalDate
import java.util.Locale
import kotlin.time.Duration.Companion.seconds

/** What a hosted call costs, as a ratio to a workflow written by hand in the same run. */
class TemporalReport(
    private val rounds: Int = 9,
    private val calls: Int = 320,
) {
    private val rows = ArrayList<String>()
    private var missed = 0

    fun run(): Unit =
        Contest().use { contest ->
            val begin = System.nanoTime()
            times(contest, "one call at a time", failures = 0, inFlight = 1, calls)
            times(contest, "16 calls at a time", failures = 0, inFlight = 16, calls * 2)
            times(contest, "a call that fails $FAILURES times, 4 at a time", FAILURES, inFlight = 4, calls / 8)
            events(contest)
            val system = ManagementFactory.getOperatingSystemMXBean()
            println(
                "Temporal, run of ${LocalDate.now()}, %.1f minutes, in-process test server; ".format((System.nanoTime() - begin) / 60e9) +
                    "${System.getProperty("java.vm.version")}, ${system.availableProcessors} cores for all; " +
                    "load %.1f at the end.".format(system.systemLoadAverage),
            )
            println()
            println("| measure | hosted | by hand | ratio | bar | |\n|---|---|---|---|---|---|")
            rows.forEach(::println)
            println()
            println("Times are medians of $rounds rounds that alternate. ${rows.size - missed} bars held, $missed not held")
        }

    private fun events(contest: Contest) {
        val (hosted, byHand) = eventsOf(contest, 0)
        row("events of a call that succeeds at once", hosted.toDouble(), byHand.toDouble(), 1.3)
        val (retried, byHandRetried) = eventsOf(contest, FAILURES)
        val each = (retried - hosted).toDouble() / FAILURES
        val twoMarkers = (byHandRetried - byHand - 1).toDouble() / FAILURES
        row("events of a failed attempt, with a marker for each of its two decisions", each, twoMarkers, 1.0)
    }

    private fun eventsOf(
        contest: Contest,
        failures: Int,
    ): Pair<Int, Int> {
        val hosted = runBlocking { contest.hosted(failures) }
        return contest.eventsOf(hosted).values.sum() to contest.eventsOf(contest.byHand(failures)).values.sum()
    }

    private fun times(
        contest: Contest,
        what: String,
        failures: Int,
        inFlight: Int,
        calls: Int,
    ) {
        System.err.println("temporal: $what")
        val kinds = listOf<suspend () -> Unit>({ contest.hosted(failures) }, { contest.byHand(failures) })
        kinds.forEach { warmUp { contest.time(calls, inFlight, it) } }
        val times =
            List(rounds) { round ->
                val turns = if (round % 2 == 0) kinds else kinds.reversed()
                turns.associateWith { contest.time(calls, inFlight, it) }
            }
        val (hosted, byHand) = kinds.map { kind -> times.map { it.getValue(kind) }.sorted()[rounds / 2] }
        row("ms for each: $what", hosted, byHand, 1.2)
    }

    /** What is compared is code that has run for a while: both are compiled for tens of seconds. */
    private fun warmUp(calls: () -> Unit) {
        val end = System.nanoTime() + WARM_UP.inWholeNanoseconds
        while (System.nanoTime() < end) calls()
    }

    private fun row(
        measure: String,
        hosted: Double,
        byHand: Double,
        bar: Double,
    ) {
        val ratio = hosted / byHand
        val holds = ratio <= bar
        if (!holds) missed++
        rows += "| $measure | ${text(hosted)} | ${text(byHand)} | ${text(ratio)} | at most ${bar}x | ${if (holds) "held" else "NOT HELD"} |"
        System.err.println(rows.last())
    }

    private fun text(value: Double) = "%.2f".format(Locale.ROOT, value)

    private companion object {
        const val FAILURES = 20
        val WARM_UP = 25.seconds
    }
}
