package dev.reprise.benchmarks.kafka

import dev.reprise.benchmarks.queue.Databases
import java.lang.management.ManagementFactory
import java.time.LocalDate
import java.util.Locale
import java.util.concurrent.locks.LockSupport
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** How often each run is repeated, and how long keys fail. */
enum class KafkaEffort(
    val rounds: Int,
    val failing: Duration,
) {
    /** Below five minutes. */
    Quick(rounds = 3, failing = 60.seconds),

    /** About twenty. */
    Full(rounds = 9, failing = 10.minutes),
}

/** What a `DurableConsumer` costs, as ratios to what a program does without it, in rounds that alternate. */
class KafkaReport(
    private val effort: KafkaEffort,
) {
    private val rows = ArrayList<String>()
    private val verdicts = ArrayList<Boolean>()

    fun run(): Unit =
        Databases().use { databases ->
            Topics().use { topics ->
                val begin = System.nanoTime()
                val runs = Runs(topics, databases)
                consuming(topics, runs, "does nothing", LIGHT, bar = null) {}
                val capacity = consuming(topics, runs, "takes 1 ms", HEAVY, bar = 0.9, ::millisecond)
                deferring(topics, runs)
                failing(topics, runs, capacity)
                print(databases, (System.nanoTime() - begin) / 60e9)
            }
        }

    /** Returns how many records a second a `DurableConsumer` handles. */
    private fun consuming(
        topics: Topics,
        runs: Runs,
        what: String,
        records: Int,
        bar: Double?,
        handler: () -> Unit,
    ): Double {
        val topic = topics.filled(WARM_UP + records)
        val (durable, byHand) =
            medians(
                "a handler that $what",
                { runs.durable(topic, Marks(WARM_UP, records)) { handler() } },
                { runs.byHand(topic, Marks(WARM_UP, records)) { handler() } },
            )
        val measure = "records/s, with a handler that $what"
        row(measure, durable, byHand, bar?.let { "at least ${it}x" }.orEmpty(), bar?.let { durable >= it * byHand })
        return durable
    }

    private fun deferring(
        topics: Topics,
        runs: Runs,
    ) {
        val topic = topics.filled(WARM_UP + DEFERRED)
        val (durable, alone) =
            medians(
                "all records fail",
                { runs.deferring(topic, Marks(WARM_UP, DEFERRED)) },
                { runs.enqueueing(WARM_UP + DEFERRED, Marks(WARM_UP, DEFERRED)) },
            )
        row("records/s, all of which fail, against enqueueAll alone", durable, alone, "at least 0.8x", durable >= 0.8 * alone)
    }

    /** The medians of all rounds; each measures both, in turns. */
    private fun medians(
        what: String,
        first: () -> Double,
        second: () -> Double,
    ): Pair<Double, Double> {
        System.err.println("kafka: $what")
        val kinds = listOf(first, second)
        kinds.forEach { it() }
        val rates = List(effort.rounds) { round -> (if (round % 2 == 0) kinds else kinds.reversed()).associateWith { it() } }
        val (one, other) = kinds.map { kind -> rates.map { it.getValue(kind) }.sorted()[effort.rounds / 2] }
        return one to other
    }

    private fun failing(
        topics: Topics,
        runs: Runs,
        capacity: Double,
    ) {
        System.err.println("kafka: 1 % of the keys fail for ${effort.failing}")
        val pace = PACE * capacity
        val found = FailingKeys(topics, runs, effort.failing, ::millisecond).run(pace)
        val what = "records/s of healthy keys while 1 % of the keys fail for ${effort.failing}, sent at ${text(pace)}/s"
        row(what, found.healthy, capacity, "at least 0.8x", found.healthy >= 0.8 * capacity)
        val quarters = found.lags.chunked((found.lags.size + 3) / 4)
        val (early, late) = listOf(quarters[1], quarters.last()).map { it.max().toDouble() }
        val most = 2 * pace / FailingKeys.PARTITIONS
        row("largest lag of a partition, last quarter against the second", late, early, "below ${text(most)}, that of 2 s", late < most)
        val empty = found.untilEmpty
        rows += "| until no partition has a lag, after the last record | ${empty ?: "never"} | | | empty | ${verdict(empty != null)} |"
    }

    private fun row(
        measure: String,
        value: Double,
        against: Double,
        bar: String,
        holds: Boolean?,
    ) {
        val ratio = if (against == 0.0) "" else "%.2fx".format(Locale.ROOT, value / against)
        rows += "| $measure | ${text(value)} | ${text(against)} | $ratio | $bar | ${verdict(holds)} |"
        System.err.println(rows.last())
    }

    private fun verdict(holds: Boolean?): String {
        if (holds == null) return ""
        verdicts += holds
        return if (holds) "held" else "NOT HELD"
    }

    private fun print(
        databases: Databases,
        minutes: Double,
    ) {
        val system = ManagementFactory.getOperatingSystemMXBean()
        println(
            "Kafka, ${effort.name} run of ${LocalDate.now()}, %.1f minutes, one broker in this process; ".format(minutes) +
                "${databases.facts}. ${system.availableProcessors} cores for all; load %.1f at the end.".format(system.systemLoadAverage),
        )
        println()
        println("| measure | Reprise | without | ratio | bar | |\n|---|---|---|---|---|---|")
        rows.forEach(::println)
        println()
        println(
            "Medians of ${effort.rounds} rounds that alternate, each after $WARM_UP records, " +
                "of which the first 500 are looked up one by one. " +
                "Without: a loop that polls, handles and commits; for the failing keys, the same consumer without failures. " +
                "${verdicts.count { it }} bars held, ${verdicts.count { !it }} not held",
        )
    }

    private fun text(value: Double) = "%,.0f".format(Locale.ROOT, value)

    /** What a handler waits for. */
    private fun millisecond() = LockSupport.parkNanos(1_000_000)

    private companion object {
        const val WARM_UP = 2_000
        const val LIGHT = 200_000
        const val HEAVY = 5_000
        const val DEFERRED = 20_000

        /** Of what is handled without failures, so that a lag that grows is not that of a consumer with too much to do. */
        const val PACE = 0.85
    }
}
