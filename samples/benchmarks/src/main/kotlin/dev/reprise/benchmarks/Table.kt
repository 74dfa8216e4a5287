package dev.reprise.benchmarks

import java.util.Locale

/** One line: what was measured, what each contender took, and the bar. [held] is null if there is no bar. */
class Row(
    private val measure: String,
    private val cells: Map<String, String>,
    private val ratio: String,
    private val bar: String,
    val held: Boolean?,
) {
    override fun toString(): String =
        (
            listOf(measure) + CONTENDERS.keys.map { cells[it] ?: "n/a" } +
                listOf(ratio, bar, held?.let { if (it) "held" else "NOT HELD" } ?: "")
        ).joinToString(" | ", "| ", " |")

    companion object {
        /** By the names that the benchmarks give them. */
        val CONTENDERS =
            linkedMapOf(
                "bare" to "bare",
                "reprise" to "Reprise",
                "resilience4j" to "Resilience4j",
                "failsafe" to "Failsafe",
                "arrow" to "Arrow",
                "kotlinRetry" to "kotlin-retry",
                "spring" to "Spring",
            )

        val HEAD: String =
            (listOf("measure") + CONTENDERS.values + listOf("ratio to best peer", "bar", "")).let { titles ->
                titles.joinToString(" | ", "| ", " |") + "\n" + titles.joinToString("|", "|", "|") { "---" }
            }
    }
}

/** Turns what was measured into rows, and knows the bars. */
class Table(
    private val measurements: Measurements,
    private val waiting: Map<String, WaitingResult>,
) {
    val rows: List<Row> = calls() + waits() + decisions()

    private fun calls(): List<Row> =
        listOf("succeeds", "fails").flatMap { firstAttempt ->
            listOf("suspend", "blocking", "future").flatMap { how ->
                listOf("fresh", "busy").map { process -> call(how, firstAttempt, process) }
            }
        }

    private fun call(
        how: String,
        firstAttempt: String,
        process: String,
    ): Row {
        val parameters = mapOf("firstAttempt" to firstAttempt, "process" to process)
        val costs = measurements.costs(Measure(BENCHMARKS.getValue(how), parameters))
        // Contenders that cannot suspend are compared by the blocking call.
        val borrowed =
            if (how == "suspend") {
                measurements.costs(Measure("BlockingBenchmark", parameters)).filterKeys { it == "failsafe" || it == "spring" }
            } else {
                emptyMap()
            }
        val all = costs + borrowed
        val ours = all.getValue("reprise")
        val peers = all - "reprise" - "bare"
        val (bar, held) = bar(firstAttempt, ours, all)
        return Row(
            "$how, first attempt $firstAttempt" + if (process == "busy") ", busy process" else "",
            all.mapValues { (name, cost) -> cost.text() + if (name in borrowed) " *" else "" },
            "${(ours.nanos / peers.values.minOf { it.nanos }).times()} ns, ${bytesRatio(ours, peers.values)} B",
            bar,
            held,
        )
    }

    private fun bar(
        firstAttempt: String,
        ours: Cost,
        all: Map<String, Cost>,
    ): Pair<String, Boolean> {
        val beaten = listOf("resilience4j", "failsafe", "arrow", "spring").mapNotNull(all::get).all { ours beats it }
        val bare = all.getValue("bare")
        val loop = all["kotlinRetry"]
        return when {
            loop == null -> {
                AHEAD to beaten
            }

            firstAttempt == "fails" -> {
                "$AHEAD; at most 1.3x kotlin-retry" to (beaten && ours.nanos <= 1.3 * loop.nanos)
            }

            else -> {
                "$AHEAD; 0 B; at most 2x bare; at most 1.5 ns behind kotlin-retry" to
                    (beaten && ours.bytes < NOTHING && ours.nanos <= 2 * bare.nanos && ours.nanos <= loop.nanos + 1.5)
            }
        }
    }

    private fun waits(): List<Row> {
        fun row(
            contender: String,
            bareContender: String,
            name: String,
        ): Row {
            val bare = waiting.getValue(bareContender)
            val ours = waiting.getValue(contender)
            val peers = listOf("resilience4j", "arrow", "kotlinRetry").associateWith(waiting::getValue)
            val cells = peers + ("bare" to bare) + ("reprise" to ours)
            val best = peers.values.minOf { it.bytesPerRun }
            return Row(
                name,
                cells.mapValues { it.value.text() },
                "${(ours.bytesPerRun / best).times()} B",
                "at most 1.5x the heap of bare (is ${(ours.bytesPerRun / bare.bytesPerRun).times()}), no thread a run",
                ours.bytesPerRun <= 1.5 * bare.bytesPerRun && ours.threads <= bare.threads + 2,
            )
        }
        return listOf(
            row("reprise", "bare delay", "100 000 runs wait"),
            row("reprise, stop", "bare, stop", "100 000 runs wait, bare and ours until a stop"),
        )
    }

    private fun decisions(): List<Row> =
        listOf("1", "10", "1000000").map { attempt ->
            val costs = measurements.costs(Measure("DecisionBenchmark", mapOf("attempt" to attempt)))
            val ours = costs.getValue("reprise")
            val peers = (costs - "reprise").values
            Row(
                "decision at attempt $attempt",
                costs.mapValues { it.value.text() },
                "${(ours.nanos / peers.minOf { it.nanos }).times()} ns",
                "",
                null,
            )
        }

    private infix fun Cost.beats(peer: Cost): Boolean = nanos < peer.nanos && bytes < peer.bytes

    private fun bytesRatio(
        ours: Cost,
        peers: Collection<Cost>,
    ): String {
        val best = peers.minOf { it.bytes }
        return if (best < NOTHING) "%.0f : 0".format(Locale.ROOT, ours.bytes) else (ours.bytes / best).times()
    }

    private fun WaitingResult.text(): String = "%.0f B, %d threads, +%d ms".format(Locale.ROOT, bytesPerRun, threads, millisBesidesTheWait)

    private fun Cost.text(): String {
        val time = if (nanos < 100) "%.1f ns".format(Locale.ROOT, nanos) else "%,.0f ns".format(Locale.ROOT, nanos)
        return "$time, %.0f B".format(Locale.ROOT, bytes)
    }

    private fun Double.times(): String = "%.2fx".format(Locale.ROOT, this)

    private companion object {
        /** Entering the coroutine once in a thousand calls is a fraction of a byte. */
        const val NOTHING = 1.0

        const val AHEAD = "faster and leaner than Resilience4j, Failsafe, Arrow and Spring"

        val BENCHMARKS = mapOf("suspend" to "SuspendBenchmark", "blocking" to "BlockingBenchmark", "future" to "FutureBenchmark")
    }
}
