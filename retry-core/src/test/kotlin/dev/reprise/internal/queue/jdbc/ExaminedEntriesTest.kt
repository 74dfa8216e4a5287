package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.SmallPool
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.internal.queue.CorrelationIds
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.QueueOperator
import dev.reprise.queue.died
import dev.reprise.queue.failed
import dev.reprise.queue.model.CallState
import dev.reprise.queue.newCall
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallQuery.Order
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.succeeded
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThanOrEqual
import org.postgresql.ds.PGSimpleDataSource
import java.time.Instant
import kotlin.time.Duration.Companion.minutes

/** More than a look examines, in each of three tables. */
private const val CROWD = 6000

/** A look examines 5,000 entries: in an index, whether they fit, and what they are counted as; beside them it reads what is shown of a page. */
private const val MOST = 3 * 5000L + 500

/** Groups of dead calls are found by jumps over their index. */
private const val MOST_JUMPS = 10L

private val all = CallQuery.ALL
private val dead = all.states(CallState.DEAD)

private val questions: Map<String, suspend (QueueOperator) -> Any> =
    mapOf(
        "nothing fits" to { it.calls(all.minAttempts(1000)) },
        "nothing fits of the dead" to { it.calls(dead.handlers("charge").minAttempts(1000)) },
        "nothing fits of those that wait for a retry" to { it.calls(all.waitingForRetry().minAttempts(1000)) },
        "nothing fits of a range" to { it.calls(all.endedSince(Instant.EPOCH).minAttempts(1000)) },
        "no call has both tags" to { it.calls(all.tags("eu", "us")) },
        "groups" to { it.groups(all, setOf(GroupBy.HANDLER)) },
        "groups of the dead" to { it.groups() },
        "groups of the dead by reason" to { it.groups(dead, setOf(GroupBy.DEAD_REASON)) },
        "groups of those that wait for a retry" to { it.groups(all.waitingForRetry(), setOf(GroupBy.HANDLER)) },
        "groups of those that ended in a range" to { it.groups(dead.endedSince(Instant.EPOCH), setOf(GroupBy.HANDLER)) },
        "groups of a tag" to { it.groups(all.tags("eu"), setOf(GroupBy.HANDLER)) },
        "due times" to { it.due(setOf("charge"), null, 1.minutes, 60) },
        "dry run" to { it.act(OperatorAction.RetryNow(), all, limit = 200) },
    )

/** Queries for calls since [start], by which all have been accepted. */
private fun late(start: Instant): Map<String, CallQuery> {
    val parent = CorrelationIds.lowest(start.toEpochMilli()) + "0".repeat(22)
    return mapOf(
        "since then" to all.enqueuedSince(start),
        "the newest since then" to all.enqueuedSince(start).order(Order.NEWEST),
        "children" to all.origCid(parent),
        "dead since then" to dead.handlers("charge").enqueuedSince(start),
        "with a tag since then" to all.tags("eu").enqueuedSince(start),
    )
}

class ExaminedEntriesTest : FunSpec({
    test("no list, group or page of an action examines more entries than its bound") {
        TestPostgres().use { server ->
            val explained = ExplainedSource(PGSimpleDataSource().apply { setUrl(server.newUrl()) })
            val store = JdbcCallStore(SmallPool(explained), "t_", notifications = false).also { it.migrate() }
            store.fill()
            store.on { database.single { connection.createStatement().use { it.execute("VACUUM ANALYZE") } } }
            val operator = QueueOperator.on(store, Actor("ada"))
            for ((name, ask) in questions) {
                explained.takePlans()
                ask(operator)
                withClue(name) { explained.takePlans().sumOf { it.examined } shouldBeLessThanOrEqual MOST }
            }
            for ((name, query) in late(Instant.now().plusSeconds(3600))) {
                operator.calls(query)
                withClue(name) { explained.takePlans().sumOf { it.examined } shouldBeLessThanOrEqual MOST_JUMPS }
            }
        }
    }
})

private suspend fun JdbcCallStore.fill() {
    val hand = Hand(this).join()
    for (some in (1..CROWD).chunked(1000)) {
        enqueue(some.map { newCall { copy(tags = listOf("eu")) } })
        settle(hand.claim(limit = some.size).map { it.succeeded() })
        enqueue(some.map { newCall { copy(tags = listOf("us")) } })
        settle(hand.claim(limit = some.size).map { it.died() })
        enqueue(some.map { newCall() })
        settle(hand.claim(limit = some.size).map { it.failed(3_600_000) })
    }
}
