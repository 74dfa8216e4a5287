package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.QueueOperator
import dev.reprise.queue.died
import dev.reprise.queue.failed
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.newCall
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.succeeded
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.time.Duration
import java.time.Instant
import javax.sql.DataSource
import kotlin.time.Duration.Companion.minutes

private const val CROWD = 6000
private val ada = Actor("ada")
private val all = CallQuery.ALL
private val dead = CallQuery.ALL.states(CallState.DEAD)

/** Lists and actions on a database: in transactions of callers, beside locks, and what they read. [cost] is as in the plan suite. */
fun jdbcOperatorSuite(
    database: () -> DataSource,
    analyze: (DataSource) -> Unit,
    cost: suspend (DataSource, suspend () -> Unit) -> Long,
) = funSpec {
    suspend fun store(source: DataSource) = JdbcCallStore(source, "t_", notifications = false).also { it.migrate() }

    suspend fun JdbcCallStore.dead(count: Int) {
        enqueue(List(count) { newCall() })
        settle(Hand(this).join().claim(limit = count).map { it.died() })
    }

    test("an action in a transaction of the caller happens, and is in the audit, if that commits") {
        val source = database()
        val store = store(source)
        store.dead(3)
        val operator = QueueOperator.on(store, ada)
        source.connection.use { connection ->
            shouldThrow<InvalidCallException> { operator.act(connection, OperatorAction.Discard(), dead) }
            connection.autoCommit = false
            operator.act(connection, OperatorAction.Discard(), dead).changed shouldBe 3
            connection.rollback()
            operator.act(connection, OperatorAction.Replay(), dead, "in one", limit = 2).isComplete shouldBe false
            connection.commit()
            operator.act(connection, OperatorAction.Spread(Duration.ofSeconds(10)), all.states(CallState.READY)).changed shouldBe 2
            connection.commit()
            connection.autoCommit = true
        }
        operator.audit().items.map { "${it.action} ${it.reason}: ${it.changed} ${it.state}" } shouldContainExactly
            listOf("spread PT10S null: 2 DONE", "replay in one: 2 LIMITED")
        store
            .counts()
            .map { "${it.state} ${it.calls}" }
            .sorted() shouldContainExactly listOf("DEAD 1", "READY 2")
    }

    test("a call that another transaction has locked is skipped after a second, and so is one whose order is locked") {
        val source = database()
        val store = store(source)
        if (store.on { sql.dialect.hasOneWriter }) return@test
        store.enqueue(List(2) { newCall() } + List(2) { newCall { copy(orderKey = "o") } })
        val operator = QueueOperator.on(store, ada)
        source.connection.use { connection ->
            connection.autoCommit = false
            connection.createStatement().execute("SELECT 1 FROM t_call ORDER BY cid LIMIT 1 FOR UPDATE")
            connection.createStatement().execute("SELECT 1 FROM t_order_key FOR UPDATE")
            val result = operator.act(OperatorAction.Cancel(), all, dryRun = false)
            listOf(result.matched, result.changed, result.skipped) shouldContainExactly listOf(4, 1, mapOf("BUSY" to 3))
            connection.rollback()
            connection.autoCommit = true
        }
        operator.act(OperatorAction.Cancel(), all, dryRun = false).changed shouldBe 3
    }

    test("no list reads more among thousands of calls than among a few") {
        val costs =
            listOf(20, CROWD).map { calls ->
                val source = database()
                val store = store(source)
                store.fill(calls)
                analyze(source)
                val operator = QueueOperator.on(store, ada)
                lists.mapValues { (_, list) ->
                    list(operator)
                    cost(source) { list(operator) }
                }
            }
        for (name in lists.keys) {
            withClue("$name: ${costs.map { it[name] }}") {
                costs[1].getValue(name) shouldBeLessThan
                    costs[0].getValue(name) * 2 + 60
            }
        }
    }
}

private val lists: Map<String, suspend (QueueOperator) -> Any> =
    mapOf(
        "all" to { it.calls(limit = 5) },
        "newest" to { it.calls(all.order(CallQuery.Order.NEWEST), limit = 5) },
        "dead" to { it.calls(dead, limit = 5) },
        "dead of a handler" to { it.calls(dead.handlers("charge"), limit = 5) },
        "dead of a rare error" to { it.calls(dead.errorTypes("rare"), limit = 5) },
        "waiting for a retry" to { it.calls(all.waitingForRetry(), limit = 5) },
        "due" to { it.calls(all.states(CallState.READY).handlers("charge"), limit = 5) },
        "tag" to { it.calls(all.tags("eu"), limit = 5) },
        "ended" to { it.calls(all.endedSince(Instant.EPOCH).order(CallQuery.Order.NEWEST), limit = 5) },
        "unique key" to { it.calls(all.uniqueKey("u5")) },
        "running" to { it.calls(all.states(CallState.RUNNING), limit = 5) },
        "histogram" to { it.due(setOf("nobody"), null, 1.minutes, 60) },
    )

/** As many calls in each of six places. */
private suspend fun JdbcCallStore.fill(calls: Int) {
    val hand = Hand(this).join()
    for (some in (1..calls).chunked(500)) {
        enqueue(some.map { newCall { copy(tags = listOf("eu")) } })
        settle(hand.claim(limit = some.size).map { it.succeeded() })
        enqueue(some.map { newCall() })
        settle(hand.claim(limit = some.size).map { it.died() })
        enqueue(some.map { newCall() })
        settle(hand.claim(limit = some.size).map { it.failed(3_600_000) })
        enqueue(some.map { newCall { copy(delayMillis = 7_200_000, uniqueKey = "u$it") } })
        enqueue(some.map { newCall { copy(orderKey = "o", delayMillis = 7_200_000) } })
    }
    enqueue(List(5) { newCall("ship") })
    hand.claim("ship")
}
