package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.VALID
import dev.reprise.queue.died
import dev.reprise.queue.failed
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.newCall
import dev.reprise.queue.noCallbacks
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.succeeded
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import javax.sql.DataSource
import kotlin.time.Duration.Companion.hours

/** How many calls there are; ten million with `-Pscale`. */
private val CROWD = Integer.getInteger("scale.calls", 1_000_000)

/** No two worlds have the same day. */
private const val DAYS = 10

/**
 * What the statements of a running queue read if there are millions of calls: no more than if there are a few. [open] opens the same database
 * again; [cost] returns what some work reads, in whatever unit the database counts, and fails if a statement reads what it does not need.
 */
fun jdbcScaleSuite(
    open: () -> DataSource,
    analyze: String,
    cost: suspend (DataSource, suspend () -> Unit) -> Long,
) = funSpec {
    test(
        "no statement reads more for millions of calls than for a few, with fresh statistics, and with old ones",
    ).config(timeout = 1.hours) {
        val source = open()
        val world = ScaleWorld(source, 0)
        world.begin()
        world.day { cost(source, it) }
        world.execute(analyze)
        val few = world.day { cost(source, it) }
        world.crowd(CROWD)
        for ((i, statistics) in listOf("stale", "fresh").withIndex()) {
            if (statistics == "fresh") world.execute(analyze)
            // Other connections have no plans for a few calls.
            val again = open()
            val many = ScaleWorld(again, DAYS * (i + 1)).also { it.begin() }.day { cost(again, it) }
            for ((name, read) in many) withClue("$name with $statistics statistics") { read shouldBeLessThan few.getValue(name) * 4 + 60 }
        }
    }
}

private class ScaleWorld(
    source: DataSource,
    private var days: Int,
) {
    private val store = JdbcCallStore(source, "t_", 1.hours, notifications = false)
    private val hand = Hand(store)

    suspend fun begin() {
        store.migrate()
        hand.join()
    }

    /** Does once what a running queue does; returns what each step costs. */
    suspend fun day(cost: suspend (suspend () -> Unit) -> Long): Map<String, Long> {
        val costs = LinkedHashMap<String, Long>()

        suspend fun step(
            name: String,
            work: suspend () -> Unit,
        ) {
            costs[name] = cost(work)
        }
        days++
        workOfCalls(::step)
        workOfOrders(::step)
        workOfOperators(::step)
        workInTheBackground(::step)
        return costs
    }

    private suspend fun workOfCalls(step: suspend (String, suspend () -> Unit) -> Unit) {
        step("look") { hand.claimed("charge", "other").calls shouldHaveSize 0 }
        step("enqueue") {
            store.enqueue(
                List(20) { newCall() } + newCall { copy(uniqueKey = "unique $days", uniqueForMillis = 1) } +
                    newCall { copy(delayMillis = AN_HOUR) },
            )
        }
        step("claim") { hand.claim(limit = 21) shouldHaveSize 21 }
        step("renew") { store.renewLease(hand.nonce, VALID) }
        lateinit var running: List<StoredCall>
        step("claimed by") { running = store.claimedBy(hand.nonce) }
        step("record start") { store.recordStart(running[0]) shouldBe true }
        step("settle") {
            val (well, badly) = running.withIndex().partition { it.index % 2 == 0 }
            store.settle(
                well.map { it.value.succeeded() } + badly.map { (i, call) -> if (i % 3 == 0) call.died() else call.failed(AN_HOUR) },
            )
        }
    }

    private suspend fun workOfOrders(step: suspend (String, suspend () -> Unit) -> Unit) {
        val (first, second, third) = store.enqueue(List(3) { newCall { copy(orderKey = "order $days", priority = 9) } }).map { it.cid }
        val head = hand.claim(limit = 1).single().also { it.cid shouldBe first }
        step("end of the head of an order") { hand.settle(head.succeeded()) }
        step("cancel a held call") { store.cancel(third, noCallbacks) shouldBe CancelResult.CANCELLED }
        step("live order keys") { store.liveOrderKeys(setOf("order $days", "none")) shouldBe setOf("order $days") }
        step("join an order") { store.enqueue(listOf(newCall { copy(orderKey = "order $days") })) }
        step("cancel the head of an order") { store.cancel(second, noCallbacks) shouldBe CancelResult.CANCELLED }
        hand.settle(hand.claim().single().succeeded())
    }

    private suspend fun workOfOperators(step: suspend (String, suspend () -> Unit) -> Unit) {
        val cids = store.enqueue(List(2) { newCall { copy(priority = 9) } } + newCall { copy(delayMillis = AN_HOUR) }).map { it.cid }
        step("find") { cids.forEach { store.find(it) } }
        step("status") { store.status(cids[0]) }
        step("cancel a call that waits") { store.cancel(cids[2], noCallbacks) shouldBe CancelResult.CANCELLED }
        store.settle(hand.claim().map { it.died() })
        step("errors") { store.errors(cids[0]) shouldHaveSize 1 }
        step("dead calls") { store.deadCalls(null, 1) shouldHaveSize 1 }
        step("more dead calls") { store.deadCalls(cids[0], 1) shouldHaveSize 1 }
        step("replay") { store.replay(cids.take(1)) shouldContainExactly listOf(ReplayResult.REPLAYED) }
        step("discard") { store.discard(cids.drop(1).take(1)) shouldBe 1 }
        hand.settle(hand.claim().single().succeeded())
    }

    private suspend fun workInTheBackground(step: suspend (String, suspend () -> Unit) -> Unit) {
        step("search for orphans") { store.orphans(null, 100).calls shouldHaveSize 0 }
        val other = Hand(store, "other $days").join()
        store.enqueue(List(5) { newCall() })
        other.claim() shouldHaveSize 5
        store.closeLease(other.nonce)
        lateinit var orphans: List<StoredCall>
        step("orphans") { orphans = store.orphans(null, 100).calls.also { it shouldHaveSize 5 } }
        store.settle(orphans.map { it.succeeded().copy(retainMillis = 0) })
        val soon = store.enqueue(List(5) { newCall { copy(delayMillis = AN_HOUR) } }).map { it.cid }
        execute("UPDATE t_waiting SET due_at = due_at - $AN_HOUR + 50000 WHERE cid IN (${soon.joinToString { "'$it'" }})")
        step("promote") { store.promote(5) shouldBe 5 }
        for (cid in soon) store.cancel(cid, noCallbacks)
        step("purge") { store.purge(5) shouldBe 5 }
        step("sum up the counts") { store.on { database.transaction { counts.sumUp(this) } } }
    }

    /** Adds calls of all sorts. */
    suspend fun crowd(calls: Int) {
        val accepted =
            store
                .enqueue(
                    listOf(
                        newCall { copy(delayMillis = AN_HOUR) },
                        newCall { copy(orderKey = "long", delayMillis = 50_000) },
                        newCall { copy(orderKey = "long") },
                        newCall { copy(priority = 9) },
                        newCall { copy(priority = 8) },
                    ),
                ).map { it.cid }
        val (late, first, held) = accepted
        val (running, done) = accepted.drop(3)
        store.openLease("busy", "busy", isNamed = true, AN_HOUR)
        Hand(store, "busy").claim(limit = 1).single().cid shouldBe running
        hand.settle(
            hand
                .claim(limit = 1)
                .single()
                .also { it.cid shouldBe done }
                .succeeded(),
        )
        val dead = store.enqueue(listOf(newCall { copy(priority = 9) })).single().cid
        hand.settle(hand.claim(limit = 1).single().died())
        copy(
            "waiting",
            late,
            "late",
            calls / 2,
            "due_at" to "due_at + n",
            "handler" to "CASE WHEN n % 2 = 0 THEN 'charge' ELSE 'h' || n % 50 END",
        )
        copy("waiting", held, "held", calls / 5, "order_seq" to "order_seq + n")
        copy("call", first, "soon", calls / 20, "due_at" to "due_at + $AN_HOUR + n % 9000", "order_key" to "NULL")
        // However long the rest takes, it does not become due like the call that it was copied from.
        execute("UPDATE t_call SET due_at = due_at + $AN_HOUR WHERE cid = '$first'")
        copy("call", running, "running", calls / 50)
        copy("finished", done, "done", calls / 5, "expires_at" to "expires_at + n")
        copy("dead", dead, "dead", calls / 20)
        copy("error", dead, "dead", calls / 20)
        store.enqueue(listOf(newCall { copy(uniqueKey = "u", delayMillis = AN_HOUR) })).single()
        execute(
            "INSERT INTO t_unique_key (unique_key, cid, parent_cid, free_at) ${numbers(
                calls / 20,
            )} SELECT 'u' || n, 'late' || n, 'done' || n, CASE WHEN n % 2 = 0 THEN ${Long.MAX_VALUE} END FROM g",
        )
        execute(
            "INSERT INTO t_order_key (order_key, head, head_seq, last_seq) ${numbers(
                calls / 20,
            )} SELECT 'o' || n, 'soon' || n, 1, 1 FROM g",
        )
    }

    private fun numbers(count: Int) = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < $count)"

    private suspend fun copy(
        table: String,
        cid: String,
        name: String,
        count: Int,
        vararg changes: Pair<String, String>,
    ) {
        val values = mapOf("cid" to "'$name' || n") + changes
        val columns = columnsOf("t_$table")
        execute(
            "INSERT INTO t_$table (${columns.joinToString()}) ${numbers(count)} " +
                "SELECT ${columns.joinToString { values[it] ?: it }} FROM t_$table, g WHERE cid = '$cid'",
        )
    }

    private suspend fun columnsOf(table: String): List<String> =
        store.on {
            database.single {
                connection.prepareStatement("SELECT * FROM $table LIMIT 0").use { statement ->
                    statement.metaData.let { columns -> (1..columns.columnCount).map(columns::getColumnName) }
                }
            }
        }

    suspend fun execute(sql: String) {
        store.on { database.single { update(sql) } }
    }

    private companion object {
        const val AN_HOUR = 3_600_000L
    }
}
