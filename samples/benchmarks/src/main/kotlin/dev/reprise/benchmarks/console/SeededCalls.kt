package dev.reprise.benchmarks.console

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.QueueOperator
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.runBlocking
import java.time.Instant
import javax.sql.DataSource

/**
 * A store with [size] calls: of ten calls six are live, three succeeded and one is dead, and there are as many errors as calls. One call of each
 * sort is written by the store; the others are copies of it in the tables, in the order of their ids accepted over three days.
 */
class SeededCalls(
    source: DataSource,
    private val size: Int,
) {
    val store = JdbcCallStore(source)
    private val rows = CopiedRows(source)
    private val now = System.currentTimeMillis()
    private val live = size / 10 * 6
    private val orders = minOf(MOST_ORDERS, live / SORTS)
    private var made = 0

    /** The newest call that waits, the newest dead one, and the newest that succeeded. */
    val waitingCid = "S${FIRST + size - 5}"
    val deadCid = "S${FIRST + size - 1}"
    val endedCid = "S${FIRST + size - 2}"

    fun seed(): SeededCalls =
        apply {
            runBlocking {
                store.migrate()
                WORKERS.forEach { store.openLease(it, it, isNamed = true, A_DAY) }
                due()
                retrying()
                inOrder()
                running()
                waiting()
                succeeded()
                dead()
                QueueOperator.on(store, Actor("ada")).pause("imports", "seeding")
            }
            labels()
            workers()
            rows.analyze()
        }

    private suspend fun due() = copy("call", enqueued(), live, ::liveNumber, "n % $SORTS = 0", "due_at" to "$now - n % 600000")

    private suspend fun retrying() {
        val cid = settled { Settlement(this, CallState.READY, AttemptResult.FAILED, delayMillis = A_DAY, error = error()) }
        errors(cid, live * 2, "(n / 2) % $SORTS BETWEEN 1 AND 10", liveNumber("(n / 2)"), "n % 2")
        val due = "due_at" to "$now + n % $AN_HOUR"
        copy("waiting", cid, live, ::liveNumber, "n % $SORTS BETWEEN 1 AND 10", "error_type" to errorType("n"), due)
    }

    private suspend fun inOrder() {
        val head = enqueued {
            orderKey = "order"
            delayMillis = A_DAY
        }
        val held = enqueued { orderKey = "order" }
        val key = "order_key" to "'order-' || CAST(n / $SORTS % $orders AS TEXT)"
        copy("waiting", held, live, ::liveNumber, "n % $SORTS BETWEEN 11 AND 16", key, "order_seq" to "n + 1")
        copy("waiting", head, live, ::liveNumber, HEAD + orders, key, "order_seq" to "0")
        rows.execute("DELETE FROM reprise_order_key")
        rows.execute(
            "INSERT INTO reprise_order_key (order_key, head, head_seq, last_seq) " +
                "SELECT order_key, cid, 0, $live FROM reprise_waiting WHERE order_key IS NOT NULL AND order_seq = 0",
        )
    }

    private suspend fun running() {
        val call = claimed(WORKERS[1])
        copy("call", call.cid, live, ::liveNumber, RUNNING + MOST_RUNNING)
    }

    /** All other live calls. */
    private suspend fun waiting() {
        val cid = enqueued { delayMillis = A_DAY }
        val due = "due_at" to "$now + 60000 + n % $size * $step"
        val key = "unique_key" to "CASE WHEN n % 3 = 0 THEN 'key-' || CAST(n AS TEXT) END"
        val tags = "tags" to "CASE WHEN n < $BATCHED THEN 'import' ELSE ${tag("n")} END"
        val others = "n % $SORTS > 18 OR NOT ($HEAD$orders OR $RUNNING$MOST_RUNNING OR n % $SORTS < 17)"
        copy("waiting", cid, live, ::liveNumber, others, due, key, tags)
    }

    private suspend fun succeeded() {
        val paid = Payload("paid".toByteArray(), "text", 1)
        val cid = settled { Settlement(this, CallState.SUCCEEDED, AttemptResult.RETURNED, response = paid) }
        val ended = accepted(endedNumber("n"))
        copy("finished", cid, size / 10 * 3, ::endedNumber, "1 = 1", "ended_at" to ended, "expires_at" to "$ended + $THREE_DAYS")
    }

    private suspend fun dead() {
        val cid =
            settled {
                val reason = DeadReason.EXHAUSTED
                Settlement(this, CallState.DEAD, AttemptResult.FAILED, deadReason = reason, error = error(), handlerVersion = 1)
            }
        errors(cid, size / 10 * ERRORS_OF_DEAD, "1 = 1", deadNumber("(n / $ERRORS_OF_DEAD)"), "n % $ERRORS_OF_DEAD")
        copy(
            "dead",
            cid,
            size / 10,
            ::deadNumber,
            "1 = 1",
            "error_type" to errorType("n / 5"),
            "tags" to "CASE WHEN n < $LOST THEN 'lost' ELSE ${tag("n")} END",
            "handler_version" to "1 + n / 15 % 2",
            "ended_at" to accepted(deadNumber("n")),
        )
    }

    private suspend fun enqueued(change: NewCall.Builder.() -> Unit = {}): String {
        val request = Payload("""{"order":"41007","amount":"19.90 EUR"}""".toByteArray(), "json", 1)
        val call = NewCall.builder("template-${++made}", "charge", request, POLICY).apply(change).build()
        return store.enqueue(listOf(call)).single().cid
    }

    private suspend fun settled(settlement: StoredCall.() -> Settlement): String {
        val call = claimed(WORKERS[0])
        store.settle(listOf(call.settlement()))
        return call.cid
    }

    /** Before the calls of lower priority that are due. */
    private suspend fun claimed(worker: String): StoredCall {
        val cid = enqueued { priority = HIGHEST }
        return store.claim(ClaimRequest(worker, "default", mapOf("charge" to 1), 1)).calls.single().also {
            check(it.cid == cid) { "another call was claimed: $it" }
        }
    }

    private fun StoredCall.error() =
        AttemptError.of(
            nextAttempt,
            Instant.ofEpochMilli(now),
            "java.net.ConnectException",
            "Connection refused: gateway.example:443",
            null,
        )

    /** Replaces the call [cid] by copies, one for each of [count] numbers that meets [condition]. */
    private fun copy(
        table: String,
        cid: String,
        count: Int,
        number: (String) -> String,
        condition: String,
        vararg changes: Pair<String, String>,
    ) {
        val values =
            mapOf(
                "cid" to idOf(number("n")),
                "handler" to "CASE n % 5 ${HANDLERS.withIndex().joinToString(" ") { "WHEN ${it.index} THEN '${it.value}'" }} END",
                "title" to "'invoice ' || CAST(${number("n")} AS TEXT)",
                "tags" to tag("n"),
                "enqueued_at" to accepted(number("n")),
                "priority" to "5",
            )
        rows.copy(table, cid, values + changes, count, condition)
        rows.execute("DELETE FROM reprise_$table WHERE cid = '$cid'")
    }

    private fun errors(
        cid: String,
        count: Int,
        condition: String,
        number: String,
        slot: String,
    ) {
        val at = "at" to "${accepted(number)} + $slot * 60000"
        val values = mapOf("cid" to idOf(number), "slot" to slot, "seq" to slot, "attempt" to "$slot + 1", at)
        rows.copy("error", cid, values, count, condition)
        rows.execute("DELETE FROM reprise_error WHERE cid = '$cid'")
    }

    private fun labels() {
        rows.execute("DELETE FROM reprise_state_count")
        for (table in TABLES) {
            rows.execute("INSERT INTO reprise_tag (tag, cid) SELECT tags, cid FROM reprise_$table WHERE tags IS NOT NULL")
            rows.execute(
                "INSERT INTO reprise_state_count (handler, state, delta) SELECT handler, state, count(*) FROM reprise_$table GROUP BY 1, 2",
            )
        }
        rows.execute(
            "INSERT INTO reprise_unique_key (unique_key, cid) SELECT unique_key, cid FROM reprise_waiting WHERE unique_key IS NOT NULL",
        )
    }

    /** What does not grow with the calls: the workers, two days of their pulses, and the audit. */
    private fun workers() {
        val handlers = HANDLERS.map { "handler\t$it\t${if (it == "sync") "imports" else "default"}\t2\t\t$THREE_DAYS" }
        val info = (listOf("host\tshop", "lane\tdefault\t10", "lane\timports\t2") + handlers).joinToString("\n")
        rows.execute("UPDATE reprise_lease SET info = '$info', in_flight = 8")
        val lines = HANDLERS.flatMap { handler -> WORKERS.map { worker -> "SELECT '$handler', '$worker'" } }.joinToString(" UNION ALL ")
        rows.execute(
            "INSERT INTO reprise_pulse (at, handler, worker, first_attempts, retries, ok, failed, died, errors) " +
                "${CopiedRows.numbers(MINUTES)}, l(handler, worker) AS ($lines) SELECT ${now / A_MINUTE * A_MINUTE} - n * $A_MINUTE, " +
                "handler, worker, 90, 30, 100, 20, 1, 'java.net.ConnectException\t15\njava.io.IOException\t5' FROM g, l",
        )
        rows.execute(
            "INSERT INTO reprise_audit (id, at, written_at, actor, via, action, query, reason, matched, changed, state) " +
                "${CopiedRows.numbers(AUDITED)} SELECT 'A' || CAST($FIRST + n AS TEXT), $now - n, $now - n, 'ada', 'CONSOLE', 'replay', " +
                "'state=DEAD', NULL, 40, 40, 'DONE' FROM g",
        )
    }

    /** Between two calls. */
    private val step get() = THREE_DAYS / size

    private fun accepted(number: String) = "$now - $THREE_DAYS + $number * $step"

    private fun idOf(number: String) = "'S' || CAST($FIRST + $number AS TEXT)"

    private fun liveNumber(n: String) = "($n / 6 * 10 + $n % 6)"

    private fun endedNumber(n: String) = "($n / 3 * 10 + 6 + $n % 3)"

    private fun deadNumber(n: String) = "($n * 10 + 9)"

    /** Every tenth call has one of ten tags. */
    private fun tag(n: String) = "CASE WHEN $n % 10 = 3 THEN 'tenant:' || CAST($n / 10 % 10 AS TEXT) END"

    private fun errorType(n: String) =
        "CASE $n % 3 WHEN 0 THEN 'java.net.ConnectException' WHEN 1 THEN 'java.net.SocketTimeoutException' ELSE 'java.io.IOException' END"

    private companion object {
        val HANDLERS = listOf("charge", "mail", "refund", "ship", "sync")
        val WORKERS = listOf("shop-1", "shop-2")
        val TABLES = listOf("call", "waiting", "finished", "dead")
        const val POLICY = "exponential(1m, factor=1.5, max=1h) jitter(none) maxDuration(3d)"
        const val HIGHEST = 9

        /** Live calls come in so many sorts, in turn. */
        const val SORTS = 60
        const val HEAD = "n % $SORTS = 17 AND n / $SORTS < "
        const val RUNNING = "n % $SORTS = 18 AND n / $SORTS < "
        const val MOST_ORDERS = 1_000
        const val MOST_RUNNING = 100
        const val ERRORS_OF_DEAD = 8

        /** So that 164 calls have the tag of a batch. */
        const val BATCHED = 240

        /** So many dead calls have the tag `lost`. */
        const val LOST = 100
        const val AUDITED = 2_000
        const val MINUTES = 48 * 60
        const val FIRST = 1_000_000_000
        const val A_MINUTE = 60_000L
        const val AN_HOUR = 60 * A_MINUTE
        const val A_DAY = 24 * AN_HOUR
        const val THREE_DAYS = 3 * A_DAY
    }
}
