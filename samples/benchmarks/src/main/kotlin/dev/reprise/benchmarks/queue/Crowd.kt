package dev.reprise.benchmarks.queue

import dev.reprise.RetryPolicies
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import kotlinx.coroutines.runBlocking
import java.util.concurrent.atomic.AtomicLong
import javax.sql.DataSource

/** A store of Reprise with as many calls in it as are wanted: one of each sort is made by the queue and then copied in the tables. */
class Crowd(
    private val source: DataSource,
) : AutoCloseable {
    private val store = JdbcCallStore(source)
    private val made = AtomicLong()

    init {
        runBlocking {
            store.migrate()
            store.openLease(NONCE, "benchmark", isNamed = false, AN_HOUR)
        }
    }

    private fun call(change: NewCall.Builder.() -> Unit = {}) =
        NewCall
            .builder("c%031d".format(made.incrementAndGet()), WORK, Payload(ByteArray(PAYLOAD), "text", 1), POLICY)
            .apply(change)
            .build()

    /** [count] calls that are due in a day, as many, or [held], that are held behind one of them, and a tenth as many that are dead. */
    fun fill(
        count: Int,
        held: Int = count,
    ): Crowd =
        apply {
            runBlocking {
                val late = call {
                    delayMillis = A_DAY
                    orderKey = "late"
                }
                val behind = call { orderKey = "late" }
                val dead = call()
                store.enqueue(listOf(late, behind, dead))
                val claimed = store.claim(ORDER).calls.single()
                store.settle(listOf(Settlement(claimed, CallState.DEAD, AttemptResult.FAILED, deadReason = DeadReason.EXHAUSTED)))
                copy("reprise_waiting", late.cid, "f", count)
                copy("reprise_waiting", behind.cid, "h", held)
                copy("reprise_dead", dead.cid, "d", count / 10)
            }
            execute("ANALYZE")
        }

    /** [count] calls that are due now. */
    fun queue(count: Int): Crowd =
        apply {
            val one = call()
            runBlocking { store.enqueue(listOf(one)) }
            copy("reprise_call", one.cid, "r", count)
            execute("ANALYZE")
        }

    /** [count] calls that succeeded, and whose retention is over. */
    fun finished(count: Int): Crowd =
        apply {
            val one = call()
            runBlocking {
                store.enqueue(listOf(one))
                store.settle(store.claim(ORDER).calls.map { Settlement(it, CallState.SUCCEEDED, AttemptResult.RETURNED, retainMillis = 0) })
            }
            copy("reprise_finished", one.cid, "s", count)
            execute("ANALYZE")
        }

    /** What so many single [enqueues] have counted, before they are summed. */
    fun counted(enqueues: Int): Crowd =
        apply {
            execute(
                "INSERT INTO reprise_state_count (handler, state, delta) WITH RECURSIVE g(n) AS " +
                    "(SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < $enqueues) SELECT '$WORK', 'LIVE', 1 FROM g",
            )
        }

    private fun copy(
        table: String,
        cid: String,
        letter: String,
        count: Int,
    ) {
        val columns = (columnsOf(table) - "cid").joinToString()
        execute(
            "INSERT INTO $table (cid, $columns) WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < $count) " +
                "SELECT '$letter' || n, $columns FROM $table, g WHERE cid = '$cid'",
        )
    }

    private fun columnsOf(table: String): List<String> =
        source.connection.use { connection ->
            connection.createStatement().use { statement ->
                statement.executeQuery("SELECT * FROM $table LIMIT 1").use { row ->
                    (1..row.metaData.columnCount).map(row.metaData::getColumnName)
                }
            }
        }

    private fun execute(sql: String) {
        source.connection.use { connection -> connection.createStatement().use { it.execute(sql) } }
    }

    /** Enqueues a hundred calls, and claims them: nanoseconds that the claim takes. They are settled before this returns. */
    fun claim(): Long =
        runBlocking {
            store.enqueue(List(BATCH) { call() })
            val begin = System.nanoTime()
            val claimed = store.claim(ORDER).calls
            val nanos = System.nanoTime() - begin
            check(claimed.size == BATCH) { "a claim gave ${claimed.size} calls of $BATCH" }
            store.settle(
                claimed.map { Settlement(it, CallState.SUCCEEDED, AttemptResult.RETURNED, response = Payload(ByteArray(0), "text", 1)) },
            )
            nanos
        }

    override fun close() {
        store.close()
        (source as? AutoCloseable)?.close()
    }

    private companion object {
        const val WORK = "work"
        const val NONCE = "benchmark"
        val POLICY = RetryPolicies.durableDefault().notation()
        const val PAYLOAD = 100
        const val BATCH = 100
        const val AN_HOUR = 3_600_000L
        const val A_DAY = 24 * AN_HOUR
        val ORDER = ClaimRequest(NONCE, RetryQueueBuilder.DEFAULT_LANE, mapOf(WORK to BATCH), BATCH)
    }
}
