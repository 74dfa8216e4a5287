package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.ManualClock
import dev.reprise.queue.died
import dev.reprise.queue.judge
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.newCall
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.succeeded
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import javax.sql.DataSource
import kotlin.time.Duration.Companion.seconds

private const val CROWD = 1000

/**
 * What statements cost if there are many unrelated calls. [cost] returns what one statement reads, in whatever
 * unit the database counts.
 */
fun jdbcPlanSuite(
    database: () -> DataSource,
    analyze: (DataSource) -> Unit,
    cost: suspend (DataSource, suspend () -> Unit) -> Long,
) = funSpec {
    suspend fun JdbcCallStore.crowd(calls: Int) {
        val hand = Hand(this).join()
        for (some in List(calls) { newCall() }.chunked(500)) {
            enqueue(some)
            settle(hand.claim(limit = 500).map { it.died() })
        }
        List(calls) { newCall { copy(delayMillis = 3_600_000) } }.chunked(500).forEach { enqueue(it) }
        List(calls + 1) { newCall { copy(orderKey = "o") } }.chunked(500).forEach { enqueue(it) }
        List(calls) { newCall("other") }.chunked(500).forEach { enqueue(it) }
    }

    test("a claim reads no more for thousands of future, held and dead calls, and calls of others, than for none") {
        val costs =
            listOf(0, CROWD).map { crowd ->
                val source = database()
                val store = JdbcCallStore(source, "t_", notifications = false).also { it.migrate() }
                store.crowd(crowd)
                val hand = Hand(store).join()
                hand.claim(limit = 1) shouldHaveSize 1
                store.enqueue(List(10) { newCall() })
                analyze(source)
                cost(source) { store.claim(ClaimRequest(hand.nonce, "default", mapOf("charge" to 10), 10)).calls shouldHaveSize 10 }
            }
        costs[1] shouldBeLessThan costs[0] * 2 + 20
    }

    test("a search for orphans reads no more for thousands of calls that run, wait and are held than for none") {
        val costs =
            listOf(1, CROWD).map { crowd ->
                val source = database()
                val store = JdbcCallStore(source, "t_", notifications = false).also { it.migrate() }
                store.crowd(crowd)
                Hand(store).join().claim("other", limit = CROWD) shouldHaveSize crowd
                analyze(source)
                store.judge()
                store.orphans(null, 100)
                cost(source) {
                    store.judge()
                    store.orphans(null, 100).calls.shouldBeEmpty()
                }
            }
        costs[1] shouldBeLessThan costs[0] * 2 + 20
    }

    test("live order keys, and unique keys that are kept for a time, read no more for thousands of them than for a few") {
        val costs =
            listOf(1, CROWD).map { crowd ->
                val source = database()
                val clock = ManualClock()
                val store = JdbcCallStore(source, "t_", 30.seconds, clock, notifications = false).also { it.migrate() }
                val hand = Hand(store).join()
                val ended = List(crowd) { newCall { copy(uniqueKey = "u$it", uniqueForMillis = 3_600_000) } }
                store.enqueue(List(crowd) { newCall("other") { copy(orderKey = "o$it") } } + ended)
                store.enqueue(listOf(newCall { copy(uniqueKey = "over", uniqueForMillis = 1) }))
                store.settle(hand.claim(limit = CROWD + 1).map { it.succeeded() })
                clock.now += 1
                analyze(source)
                cost(source) {
                    store.liveOrderKeys(setOf("o0") + List(9) { "none $it" }) shouldBe setOf("o0")
                    store.enqueue(listOf(newCall { copy(uniqueKey = "u0") })).single().isNew shouldBe false
                    store.purge(10) shouldBe 1
                }
            }
        costs[1] shouldBeLessThan costs[0] * 2 + 20
    }

    test("counts read no more for thousands of calls than for a few") {
        val costs =
            listOf(1, CROWD).map { crowd ->
                val source = database()
                val store = JdbcCallStore(source, "t_", notifications = false).also { it.migrate() }
                store.crowd(crowd)
                store.purge(limit = 1)
                analyze(source)
                val counted = cost(source) { store.counts() }
                store.counts() shouldContainExactlyInAnyOrder
                    listOf(
                        CallCount("charge", CallState.DEAD, crowd.toLong()),
                        CallCount("charge", CallState.READY, crowd + 1L),
                        CallCount("charge", CallState.HELD, crowd.toLong()),
                        CallCount("other", CallState.READY, crowd.toLong()),
                    )
                counted
            }
        costs[1] shouldBeLessThan costs[0] * 2 + 20
    }
}
