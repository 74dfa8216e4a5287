package dev.reprise.benchmarks.workflow

import dev.reprise.benchmarks.queue.Databases
import dev.reprise.benchmarks.queue.Kind
import java.util.Locale
import kotlin.time.Duration.Companion.seconds

/** What durable steps cost, next to a loop by hand and DBOS Transact; and whether the bars are held. */
class StepTable(
    private val databases: Databases,
    private val rounds: Int,
) {
    private val bars = ArrayList<Boolean>()

    fun print() {
        println(
            "| measure | Reprise | DBOS Transact | hand-written loop | the loop, not blocking its caller | that loop, with an owner " +
                "| ratios of Reprise | bar | |",
        )
        println("|---|---|---|---|---|---|---|---|---|")
        for (isSqlite in listOf(false, true)) database(isSqlite)
        println()
        println("${databases.facts}; the disk took ${databases.syncsPerSecond()} synchronous writes of 4 KB a second.")
        println("${bars.count { it }} bars held, ${bars.count { !it }} not held")
    }

    private fun database(isSqlite: Boolean) {
        val kinds = StepKind.entries.filter { it.isSqlite == isSqlite }
        val name = if (isSqlite) "SQLite" else "PostgreSQL"
        withAll(kinds) { it.values.forEach(::warmUp) }
        val linear = SIZES.map { steps -> measured(kinds) { contender, round -> millisPerStep(contender, round, steps) } }
        SIZES.forEachIndexed { i, steps ->
            val times = linear[i]
            val flat = if (i > 1) " · %.2fx of that of ${SIZES[i - 1]}".format(Locale.ROOT, times.ours / linear[i - 1].ours) else ""
            val isHeld = times.ours <= HAND_WRITTEN * times.hand && (i < 2 || times.ours <= FLAT * linear[i - 1].ours)
            val bar = "at most 1.2x the loop" + if (i > 1) ", flat" else ""
            row("$name, $steps steps in a row: ms per step", times, "%.2f", times.ratios() + flat, bar, isHeld)
        }
        counts(name, kinds)
        for (count in CROWDS) {
            val rates = measured(kinds) { contender, round -> perSecond(contender, round, count) }
            val dbos = rates.dbos
            val isHeld = if (dbos == null || count < CROWDS.last()) null else rates.ours >= BEST * dbos
            val bar = if (isHeld == null) "" else "at least 3x DBOS"
            row("$name, $count workflows of 10 steps at a time: workflows/s", rates, "%,.0f", rates.ratios(), bar, isHeld)
        }
        killed(name, kinds)
    }

    /** A value for each kind, in the order of the columns. */
    private class Row(
        val ours: Double,
        val dbos: Double?,
        val hand: Double,
        /** The loop as it is for a caller that must not be blocked. */
        val away: Double,
        /** The same, with a check of the owner in each step. */
        val owned: Double,
    ) {
        fun ratios() = listOfNotNull(dbos, hand, away, owned).joinToString { "%.2fx".format(Locale.ROOT, ours / it) }
    }

    /** Medians of the rounds, in each of which every kind has its turn, each on a database of its own. The first round is not counted. */
    private fun measured(
        kinds: List<StepKind>,
        measure: (StepContender, Int) -> Double,
    ): Row {
        val values = kinds.associateWith { ArrayList<Double>() }
        withAll(kinds) { contenders ->
            repeat(rounds + 1) { round ->
                for ((kind, contender) in contenders) {
                    databases.settle()
                    val value = measure(contender, round)
                    System.err.println("${kind.title}${if (kind.isSqlite) ", SQLite" else ""}: %.3f".format(Locale.ROOT, value))
                    if (round > 0) values.getValue(kind) += value
                }
            }
        }
        return rowOf(kinds.associateWith { values.getValue(it).sorted()[rounds / 2] })
    }

    private fun rowOf(values: Map<StepKind, Double>): Row {
        val byTitle = values.mapKeys { it.key.title }
        return Row(
            ours = byTitle.getValue("Reprise"),
            dbos = byTitle["DBOS Transact"],
            hand = byTitle.getValue("hand-written loop"),
            away = byTitle.getValue("the loop, not blocking its caller"),
            owned = byTitle.getValue("that loop, with an owner"),
        )
    }

    private fun withAll(
        kinds: List<StepKind>,
        opened: Map<StepKind, StepContender> = emptyMap(),
        work: (Map<StepKind, StepContender>) -> Unit,
    ) {
        val next = kinds.firstOrNull() ?: return work(opened)
        databases.with(if (next.isSqlite) Kind.RepriseSqlite else Kind.Reprise) { url ->
            next.on(next.source(url)).use { withAll(kinds.drop(1), opened + (next to it), work) }
        }
    }

    /** What is compared is code that has run for a while: a library is compiled for longer than a loop. */
    private fun warmUp(contender: StepContender) {
        val end = System.nanoTime() + WARM_UP.inWholeNanoseconds
        var round = 0
        while (System.nanoTime() < end) millisPerStep(contender, --round, SIZES[1])
    }

    private fun millisPerStep(
        contender: StepContender,
        round: Int,
        steps: Int,
    ): Double {
        val times = maxOf(AT_LEAST / steps, 1)
        val begin = System.nanoTime()
        repeat(times) { contender.run("linear $steps $round $it", steps) }
        return (System.nanoTime() - begin) / 1e6 / times / steps
    }

    private fun perSecond(
        contender: StepContender,
        round: Int,
        count: Int,
    ): Double {
        val begin = System.nanoTime()
        contender.runAll("crowd $count $round", count, steps = 10)
        return count / ((System.nanoTime() - begin) / 1e9)
    }

    private fun counts(
        name: String,
        kinds: List<StepKind>,
    ) {
        val counted = kinds.associateWith { count(it) }
        row("$name, 100 steps in a row: commits per step", rowOf(counted.mapValues { it.value.first }), "%.2f", "", "", null)
        row("$name, 100 steps in a row: statements per step", rowOf(counted.mapValues { it.value.second }), "%.2f", "", "", null)
    }

    private fun count(kind: StepKind): Pair<Double, Double> =
        databases.with(if (kind.isSqlite) Kind.RepriseSqlite else Kind.Reprise) { url ->
            val source = CountingSource(kind.source(url), kind.isSqlite)
            kind.on(source).use { contender ->
                contender.run("warm", COUNTED)
                source.reset()
                contender.run("counted", COUNTED)
                source.commits.get().toDouble() / COUNTED to source.statements.get().toDouble() / COUNTED
            }
        }

    private fun killed(
        name: String,
        kinds: List<StepKind>,
    ) {
        val results =
            kinds.associateWith { kind ->
                databases.with(if (kind.isSqlite) Kind.RepriseSqlite else Kind.Reprise) { url ->
                    StepProcess.killAndRestart(kind, url, databases.counter()).also { System.err.println("$kind killed: ${it.seconds} s") }
                }
            }
        val times = rowOf(results.mapValues { it.value.seconds })
        row("$name, killed in the middle of 200 steps: s from restart to end", times, "%.1f", "", "at most 3 s", times.ours <= RESTART)
        val repeated = rowOf(results.mapValues { it.value.repeated.toDouble() })
        row("$name, killed in the middle of 200 steps: steps made twice", repeated, "%.0f", "", "", null)
    }

    private fun row(
        measure: String,
        values: Row,
        format: String,
        ratios: String,
        bar: String,
        isHeld: Boolean?,
    ) {
        if (isHeld != null) bars += isHeld
        val cells = with(values) { listOf(ours, dbos, hand, away, owned) }.map {
            it?.let { value -> format.format(Locale.ROOT, value) }
                ?: "n/a"
        }
        println(
            "| $measure | ${cells.joinToString(" | ")} | $ratios | $bar | ${isHeld?.let { if (it) "held" else "NOT HELD" }.orEmpty()} |",
        )
    }

    private companion object {
        val SIZES = listOf(10, 100, 1_000)
        val CROWDS = listOf(200, 1_000)

        /** Steps in a round. */
        const val AT_LEAST = 3_000
        val WARM_UP = 20.seconds
        const val COUNTED = 100
        const val HAND_WRITTEN = 1.2
        const val FLAT = 1.2
        const val BEST = 3
        const val RESTART = 3.0
    }
}
