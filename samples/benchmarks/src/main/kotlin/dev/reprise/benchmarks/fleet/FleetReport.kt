package dev.reprise.benchmarks.fleet

import dev.reprise.benchmarks.queue.Crowd
import dev.reprise.benchmarks.queue.Databases
import dev.reprise.benchmarks.queue.Kind
import dev.reprise.benchmarks.queue.Sizes
import dev.reprise.benchmarks.queue.pool
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.Payload
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.NewCall
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import java.lang.management.ManagementFactory
import java.time.LocalDate
import java.util.Locale
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.DurationUnit

/** How much is in the tables: [future] calls beside which workers work, and [passing] ones that they make beside an old snapshot. */
enum class FleetEffort(
    val future: Int,
    val passing: Int,
) {
    Quick(future = 900_000, passing = 60_000),
    Full(future = 9_000_000, passing = 600_000),
}

/** What one PostgreSQL carries: many workers beside many calls, each measure as a ratio to few workers beside few calls. */
class FleetReport(
    private val effort: FleetEffort,
) {
    /** [holds] is null for a row that explains others and has no bar. */
    private class Row(
        val measure: String,
        val value: String,
        val against: String,
        val bar: String,
        val holds: Boolean?,
    ) {
        private val verdict get() = holds?.let { if (it) "held" else "NOT HELD" }.orEmpty()

        override fun toString() = "| $measure | $value | $against | $bar | $verdict |"
    }

    private val rows = ArrayList<Row>()

    fun run(): Unit =
        Databases().use { databases ->
            val begin = System.nanoTime()
            busy(databases)
            databases.of("idle", ::idle)
            databases.of("unhandled", ::unhandled)
            databases.of("snapshot", ::snapshot)
            takeover(databases)
            tally(databases)
            val system = ManagementFactory.getOperatingSystemMXBean()
            println(
                "Fleet, ${effort.name} run of ${LocalDate.now()}, %.1f minutes. ".format((System.nanoTime() - begin) / 60e9) +
                    "${databases.facts}. ${system.availableProcessors} cores for all; load %.1f at the end.".format(
                        system.systemLoadAverage,
                    ),
            )
            println()
            println("| measure | value | against | bar | |\n|---|---|---|---|---|")
            rows.forEach(::println)
            println()
            val bars = rows.mapNotNull { it.holds }
            println(
                "All workers are in one process, each with two connections. ${bars.count { it }} bars held, ${bars.count { !it }} not held",
            )
        }

    private fun <T> Databases.of(
        what: String,
        work: suspend (String) -> T,
    ): T =
        with(Kind.Reprise) { url ->
            System.err.println("fleet: $what")
            runBlocking(Dispatchers.Default) {
                pool(url, OWN).use { source -> JdbcCallStore(source).use { it.migrate() } }
                work(url)
            }
        }

    private class Busy(
        val rate: Double,
        val claim: Double,
    )

    private fun busy(databases: Databases) {
        val (few, many) =
            listOf(FEW to FEW_CALLS, MANY to effort.future).map { (workers, future) ->
                databases.of("$workers workers") { busy(databases, it, workers, future) }
            }
        val rate = many.rate / few.rate
        val claim = many.claim / few.claim
        row("$MANY workers beside ${number(effort.future)} calls: calls/s", many.rate, few.rate, "at least 0.8x", rate >= 0.8)
        row("the same, p99 of a claim: ms", many.claim, few.claim, "at most 1.5x", claim <= 1.5)
        row("hand-written SQL with as many threads: jobs/s", handWritten(databases, MANY), handWritten(databases, FEW), "", null)
    }

    /** What the machine loses by their number. */
    private fun handWritten(
        databases: Databases,
        workers: Int,
    ): Double =
        databases.with(Kind.Ceiling) { url ->
            System.err.println("fleet: $workers threads of hand-written SQL")
            runBlocking(Dispatchers.Default) {
                HandWrittenFleet(url, workers).rate(BUSY, if (workers == MANY) effort.future else FEW_CALLS)
            }
        }

    private suspend fun busy(
        databases: Databases,
        url: String,
        workers: Int,
        future: Int,
    ): Busy {
        Crowd(pool(url, OWN)).use { it.fill(future, held = future / 10) }
        return Fleet.of(url, workers) { fleet ->
            fleet.rate(WARM_UP)
            databases.settle()
            val rate = fleet.rate(BUSY)
            val claims = fleet.claims.sorted()
            Busy(rate, claims[claims.size * 99 / 100] / 1e6)
        }
    }

    private suspend fun idle(url: String) {
        val one = Fleet.of(url, 1) { idleTransactions(it) }
        val many = Fleet.of(url, MANY) { idleTransactions(it) }
        row("$MANY idle workers: transactions/s of each", many / MANY, one, "at most 1.5", many / MANY <= 1.5)
    }

    private suspend fun idleTransactions(fleet: Fleet): Double {
        delay(SETTLED)
        return fleet.transactions(LOOKED) / LOOKED.toDouble(DurationUnit.SECONDS)
    }

    /**
     * Twenty workers that are idle, and the same beside a producer of calls that are none of theirs. The server counts a transaction of its own for
     * each session that receives a notification.
     */
    private suspend fun unhandled(url: String) {
        val (idle, beside) =
            Fleet.of(url, TWENTY) { fleet ->
                delay(SETTLED)
                fleet.transactions(LOOKED) to fleet.transactionsOfUnhandled(UNHANDLED, LOOKED)
            }
        val each = maxOf(beside - idle, 0).toDouble() / UNHANDLED
        val own = TWENTY.toDouble()
        row("transactions of one call that none of $TWENTY workers handles, against the server's own", each, own, "5 more", each - own <= 5)
    }

    private suspend fun snapshot(url: String) {
        pool(url, OWN).use { source ->
            Crowd(source).use { crowd ->
                val without = medianClaim(crowd)
                source.connection.use { old ->
                    old.autoCommit = false
                    old.transactionIsolation = java.sql.Connection.TRANSACTION_REPEATABLE_READ
                    old.createStatement().use { it.executeQuery("SELECT count(*) FROM reprise_call") }
                    Fleet.of(url, FEW) { it.rate(effort.passing) }
                    val beside = medianClaim(crowd)
                    old.rollback()
                    old.autoCommit = true
                    val what = "a claim of 100 beside a snapshot from before the last ${number(effort.passing)} calls: ms"
                    row(what, beside, without, "at most 2x", beside <= 2 * without)
                }
            }
        }
    }

    private fun medianClaim(crowd: Crowd): Double = List(CLAIMS) { crowd.claim() }.sorted()[CLAIMS / 2] / 1e6

    private fun takeover(databases: Databases) {
        val (quiet, clearing) = listOf(0, effort.passing).map { finished -> databases.of("takeover, $finished") { takeover(it, finished) } }
        row(
            "takeover of a dead worker while ${number(effort.passing)} finished calls are deleted: s",
            clearing.toDouble(DurationUnit.SECONDS),
            quiet.toDouble(DurationUnit.SECONDS),
            "at most 30 s",
            clearing <= 30.seconds,
        )
    }

    private fun tally(databases: Databases) {
        val (few, many) = listOf(FEW_COUNTS, MANY_COUNTS).map { Sizes(databases, Kind.Reprise).tally(it) / 1e6 }
        row("heap of a worker that sums the counts of ${number(MANY_COUNTS)} enqueues: MB", many, few, "at most 1.1x", many / few <= 1.1)
    }

    /** A worker claims a call and never renews its lease. */
    private suspend fun takeover(
        url: String,
        finished: Int,
    ): Duration {
        if (finished > 0) Crowd(pool(url, OWN)).use { it.finished(finished) }
        return pool(url, OWN).use { source ->
            JdbcCallStore(source).use { store ->
                Fleet.of(url, FEW) { fleet ->
                    delay(SETTLED)
                    claimAndDie(store)
                    fleet.untilOneIsMade()
                }
            }
        }
    }

    private suspend fun claimAndDie(store: JdbcCallStore) {
        val call = NewCall.builder("dead0000000000000000000000000001", WORK, Payload(ByteArray(0), "text", 1), POLICY).build()
        store.pause(RetryQueueBuilder.DEFAULT_LANE, true)
        store.enqueue(listOf(call))
        store.openLease("dead", "dead", isNamed = false, LEASE_MILLIS)
        store.claim(ClaimRequest("dead", "none", mapOf(WORK to 1), 1)).calls.single()
        store.pause(RetryQueueBuilder.DEFAULT_LANE, false)
    }

    private fun row(
        measure: String,
        value: Double,
        against: Double,
        bar: String,
        holds: Boolean?,
    ) {
        rows += Row(measure, text(value), "${text(against)}: %.2fx".format(Locale.ROOT, value / against), bar, holds)
        System.err.println(rows.last())
    }

    private fun text(value: Double) = if (value < 100) "%.2f".format(Locale.ROOT, value) else number(value.toInt())

    private fun number(value: Int) = "%,d".format(Locale.ROOT, value)

    private companion object {
        const val FEW = 4
        const val MANY = 100
        const val FEW_CALLS = 10_000
        const val FEW_COUNTS = 6_000
        const val MANY_COUNTS = 6_000_000
        const val TWENTY = 20
        const val UNHANDLED = 100
        const val WARM_UP = 100_000
        const val BUSY = 100_000
        const val CLAIMS = 51
        const val OWN = 8
        const val WORK = "work"
        const val LEASE_MILLIS = 20_000L
        const val POLICY = "every(1m) maxAttempts(5)"
        val SETTLED = 25.seconds
        val LOOKED = 20.seconds
    }
}
