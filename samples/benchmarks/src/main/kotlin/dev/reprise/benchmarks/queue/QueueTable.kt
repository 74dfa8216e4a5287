package dev.reprise.benchmarks.queue

import java.util.Locale

/** One line: what was measured, what each contender took, the bar, and against what it is [missed]; that is null if there is no bar. */
class QueueRow(
    private val measure: String,
    private val cells: Map<Kind, String>,
    private val ratios: String,
    private val bar: String = "",
    private val missed: List<String>? = null,
) {
    val held: Boolean? get() = missed?.isEmpty()

    override fun toString(): String =
        (listOf(measure) + COLUMNS.map { column -> column.firstNotNullOfOrNull { cells[it] } ?: "n/a" } + listOf(ratios, bar, verdict()))
            .joinToString(" | ", "| ", " |")

    private fun verdict() = missed?.let { if (it.isEmpty()) "held" else "NOT HELD: ${it.joinToString()}" }.orEmpty()

    companion object {
        private val COLUMNS =
            listOf(
                listOf(Kind.Reprise, Kind.RepriseSqlite),
                listOf(Kind.DbScheduler),
                listOf(Kind.JobRunr),
                listOf(Kind.Outbox),
                listOf(Kind.Ceiling, Kind.CeilingSqlite),
                listOf(Kind.Bare, Kind.BareSqlite),
                listOf(Kind.Statements, Kind.StatementsSqlite),
            )

        val HEAD: String =
            (listOf("measure") + COLUMNS.map { it.first().title } + listOf("ratios of Reprise", "bar", "")).let { titles ->
                titles.joinToString(" | ", "| ", " |") + "\n" + titles.joinToString("|", "|", "|") { "---" }
            }
    }
}

/** Turns what was measured into rows, and knows the bars. */
class QueueTable(
    private val rates: Map<Kind, Map<Load, List<Double>>>,
    private val latencies: Map<Kind, Map<Boolean, List<Long>>>,
    private val claims: Map<Kind, Map<Int, Double>>,
    private val heaps: Map<Int, Long>,
    private val orders: Map<Kind, Map<Int, Double>>,
    private val purges: Map<Kind, Pair<Double, Double>>,
) {
    val rows: List<QueueRow> =
        postgres() + sqlite() + waits() + claims.keys.flatMap(::claimed) + heap() + orders.keys.flatMap(::ordered) +
            purges.keys.map(::purged)

    private fun postgres(): List<QueueRow> =
        listOf(1, 2).flatMap { processes ->
            Enqueue.entries.map { enqueue ->
                val medians = medians(Load(processes, enqueue), isSqlite = false)
                val ours = medians.getValue(Kind.Reprise)
                val peers = listOf(Kind.DbScheduler, Kind.JobRunr, Kind.Outbox).map { ours / medians.getValue(it) }
                val ceiling = ours / medians.getValue(Kind.Ceiling)
                QueueRow(
                    "PostgreSQL, ${enqueue.title}, ${count(processes)}: calls/s",
                    medians.mapValues { it.value.whole() },
                    (peers.map { it.times() } + "${ceiling.times()} of the ceiling").joinToString(),
                    (if (enqueue == Enqueue.Crowded) "at least 3x db-scheduler, " else "") +
                        "at least 6x JobRunr, at least 0.6x the ceiling",
                    listOfNotNull(
                        "db-scheduler".takeIf { enqueue == Enqueue.Crowded && peers[0] < DB_SCHEDULER_BAR },
                        "JobRunr".takeIf { peers[1] < JOBRUNR_BAR },
                        "the ceiling".takeIf { ceiling < CEILING_BAR },
                    ),
                )
            }
        }

    private fun sqlite(): List<QueueRow> =
        Enqueue.entries.map { enqueue ->
            val medians = medians(Load(1, enqueue), isSqlite = true)
            val ceiling = medians.getValue(Kind.RepriseSqlite) / medians.getValue(Kind.CeilingSqlite)
            QueueRow(
                "SQLite, ${enqueue.title}, ${count(1)}: calls/s",
                medians.mapValues { it.value.whole() },
                "${ceiling.times()} of the ceiling",
                "at least 0.6x the ceiling",
                listOfNotNull("the ceiling".takeIf { ceiling < CEILING_BAR }),
            )
        }

    private fun medians(
        load: Load,
        isSqlite: Boolean,
    ): Map<Kind, Double> =
        rates.filterKeys { it.isSqlite == isSqlite }.mapNotNull { (kind, loads) -> loads[load]?.let { kind to median(it) } }.toMap()

    private fun waits(): List<QueueRow> =
        listOf(true, false).flatMap { isSame ->
            listOf(50, 99).map { percent ->
                val asked = latencies.filterValues { isSame in it }
                val shown = asked.mapValues { it.value.getValue(isSame).percentile(percent) / NANOS_PER_MILLI }
                QueueRow(
                    "PostgreSQL, idle, enqueue to start in ${if (isSame) "the same" else "another"} process, p$percent: ms",
                    shown.mapValues { it.value.fine() },
                    listOf(Kind.DbScheduler, Kind.JobRunr, Kind.Outbox)
                        .mapNotNull { shown[it] }
                        .joinToString { (shown.getValue(Kind.Reprise) / it).times() },
                )
            }
        }

    private fun claimed(kind: Kind): List<QueueRow> {
        val times = claims.getValue(kind)
        val fewest = times.getValue(Sizes.SIZES.first())
        return Sizes.SIZES.map { size ->
            val ratio = times.getValue(size) / fewest
            QueueRow(
                "${kind.database}, claim of 100, beside ${size.toDouble().whole()} future calls, as many held, a tenth dead: ms",
                mapOf(kind to (times.getValue(size) / NANOS_PER_MILLI).fine()),
                "${ratio.times()} of that beside ${Sizes.SIZES.first()}",
                "at most 1.3x",
                listOfNotNull("the size".takeIf { ratio > CLAIM_BAR }),
            )
        }
    }

    private fun heap(): List<QueueRow> =
        heaps.map { (size, bytes) ->
            val ratio = bytes.toDouble() / heaps.values.first()
            QueueRow(
                "PostgreSQL, heap of a worker with ${size.toDouble().whole()} calls queued: MB",
                mapOf(Kind.Reprise to (bytes / BYTES_PER_MB).fine()),
                ratio.times(),
                "flat: at most 1.3x",
                listOfNotNull("the size".takeIf { ratio > CLAIM_BAR }),
            )
        }

    private fun ordered(kind: Kind): List<QueueRow> {
        val rates = orders.getValue(kind)
        return rates.map { (producers, rate) ->
            val ratio = rate / rates.getValue(0)
            QueueRow(
                "${kind.database}, one order key, $producers permanent producers: calls/s",
                mapOf(kind to rate.whole()),
                "${ratio.times()} of that without producers",
                "at least 0.5x",
                listOfNotNull("the producers".takeIf { ratio < ORDER_BAR }),
            )
        }
    }

    private fun purged(kind: Kind): QueueRow {
        val (finished, forgotten) = purges.getValue(kind)
        val ratio = forgotten / finished
        return QueueRow(
            "${kind.database}, calls purged: calls/s",
            mapOf(kind to forgotten.whole()),
            "${ratio.times()} of the ${finished.whole()} that end",
            "at least 1x",
            listOfNotNull("the calls that end".takeIf { ratio < PURGE_BAR }),
        )
    }

    private val Kind.database get() = if (isSqlite) "SQLite" else "PostgreSQL"

    private fun count(processes: Int) = if (processes == 1) "1 process" else "$processes processes"

    private fun List<Long>.percentile(percent: Int) = sorted()[size * percent / 100]

    private fun median(values: List<Double>): Double = values.sorted().let { (it[(it.size - 1) / 2] + it[it.size / 2]) / 2 }

    private fun Double.times(): String = "%.2fx".format(Locale.ROOT, this)

    private fun Double.whole(): String = "%,.0f".format(Locale.ROOT, this)

    private fun Double.fine(): String = "%.2f".format(Locale.ROOT, this)

    private companion object {
        const val DB_SCHEDULER_BAR = 3.0
        const val JOBRUNR_BAR = 6.0
        const val CEILING_BAR = 0.6
        const val ORDER_BAR = 0.5
        const val PURGE_BAR = 1.0
        const val CLAIM_BAR = 1.3
        const val NANOS_PER_MILLI = 1e6
        const val BYTES_PER_MB = 1e6
    }
}
