package dev.reprise.benchmarks.queue

import java.lang.management.ManagementFactory
import java.time.LocalDate
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * How long the measurements of the queue take, and for how long a process warms up. A round is every contender once, so that a slow
 * minute affects all alike; those that no bar compares with Reprise are in the first only.
 */
enum class QueueEffort(
    val rounds: Int,
    val warmUp: Duration,
    val length: Duration,
    val samples: Int,
) {
    /** About half an hour on a machine that has nothing else to do. */
    Quick(rounds = 1, warmUp = 30.seconds, length = 3.seconds, samples = 50),

    /** About fifty minutes. */
    Full(rounds = 3, warmUp = 30.seconds, length = 4.seconds, samples = 60),
}

/** Measures durable queues side by side and prints the table. */
class QueueReport(
    private val effort: QueueEffort,
) {
    private val rates = LinkedHashMap<Kind, MutableMap<Load, MutableList<Double>>>()
    private val latencies = LinkedHashMap<Kind, Map<Boolean, List<Long>>>()

    fun run(): Unit =
        Databases().use { databases ->
            val begin = System.nanoTime()
            val probes = arrayListOf(databases.syncsPerSecond())
            val heaps = listOf(Sizes.SIZES.first(), Sizes.SIZES.last()).associateWith { Sizes(databases, Kind.Reprise).heap(it) }
            for (round in 1..effort.rounds) {
                Kind.entries.filter { round == 1 || it.hasBar }.forEach { measure(databases, it, round) }
                probes += databases.syncsPerSecond()
            }
            val claims = listOf(Kind.Reprise, Kind.RepriseSqlite).associateWith { Sizes(databases, it).claims() }
            probes += databases.syncsPerSecond()
            val upkeep = listOf(Kind.Reprise, Kind.RepriseSqlite).associateWith { Upkeep(databases, it, effort.length) }
            val orders = upkeep.mapValues { it.value.orders() }
            val purges = upkeep.mapValues { it.value.purge() }
            print(QueueTable(rates, latencies, claims, heaps, orders, purges), databases, probes, (System.nanoTime() - begin) / 60e9)
        }

    private fun measure(
        databases: Databases,
        kind: Kind,
        round: Int,
    ) {
        System.err.println("round $round of ${effort.rounds}: ${kind.name}")
        val asked = round == 1 && kind.isQueue && !kind.isSqlite
        val result = Throughput(databases, kind, effort, if (asked) effort.samples else 0).measure(if (kind.isSqlite) 1 else 2)
        System.err.println(
            result.rates.entries.joinToString { (load, rate) ->
                "${load.processes} ${load.enqueue.title}: ${rate.toInt()}/s"
            },
        )
        for ((load, rate) in result.rates) rates.getOrPut(kind) { LinkedHashMap() }.getOrPut(load) { ArrayList() } += rate
        if (asked) latencies[kind] = result.latencies
    }

    private fun print(
        table: QueueTable,
        databases: Databases,
        probes: List<Int>,
        minutes: Double,
    ) {
        val system = ManagementFactory.getOperatingSystemMXBean()
        println(
            "${effort.name} run of ${LocalDate.now()}, %.1f minutes. ${databases.facts}. ".format(minutes) +
                "${system.availableProcessors} cores for all; load %.1f at the end; ".format(system.systemLoadAverage) +
                "the disk took ${probes.joinToString()} synchronous writes of 4 KB a second.",
        )
        println()
        println(QueueRow.HEAD)
        table.rows.forEach(::println)
        println()
        println(
            "A process enqueues and works; so many callers are in each, a batch is ${Node.BATCH} calls. From the first enqueue to the last call settled;",
        )
        println("medians of ${effort.rounds}, of contenders without a bar one run. Ratios are listed in the order of the peers.")
        println("${table.rows.count { it.held == true }} bars held, ${table.rows.count { it.held == false }} not held")
    }
}
