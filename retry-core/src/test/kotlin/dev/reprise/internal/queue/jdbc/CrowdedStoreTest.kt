package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.newCall
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.succeeded
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.comparables.shouldBeBetween
import io.kotest.matchers.shouldBe
import java.sql.Connection
import kotlin.time.Duration.Companion.milliseconds

/** Takes turn [number] of the claims on the tables `t_…` until the end of the transaction; false if it is taken. */
private fun Connection.takeTurn(number: Int): Boolean =
    createStatement().executeQuery("SELECT pg_try_advisory_xact_lock('t_call'::regclass::oid::int4, $number)").use {
        it.next() && it.getBoolean(1)
    }

class CrowdedStoreTest : FunSpec({
    val server = autoClose(TestPostgres())

    suspend fun newSource() = FaultySource(server.newDatabase()).also { JdbcCallStore(it, "t_").migrate() }

    test("while four workers claim, others look at nothing and try again, the later the more often that happens") {
        val source = newSource()
        val store = JdbcCallStore(source, "t_", notifications = false)
        val hand = Hand(store).join()
        store.enqueue(listOf(newCall { copy(cid = "a") }))
        source.connection.use { others ->
            others.autoCommit = false
            (1..4).map { others.takeTurn(it) } shouldBe listOf(true, true, true, true)
            for (longest in listOf(10L, 20, 40, 80, 160, 160)) {
                source.begin()
                val refused = hand.claimed()
                refused.calls.shouldBeEmpty()
                refused.nextDueMillis!!.shouldBeBetween(longest / 2, longest)
                // A connection and a statement.
                source.steps shouldBe 2
            }
            others.rollback()
            others.takeTurn(1) shouldBe true
            hand.claim().map { it.cid } shouldBe listOf("a")
            others.rollback()
        }
    }

    test("a claim gives its turn back") {
        val source = newSource()
        val hand = Hand(JdbcCallStore(source, "t_")).join()
        repeat(5) { hand.claim() }
        source.connection.use { other ->
            other.autoCommit = false
            (1..4).map { other.takeTurn(it) } shouldBe listOf(true, true, true, true)
            other.rollback()
        }
    }

    test("calls without keys and results without consequences take one statement and no transaction around it") {
        val source = newSource()
        val store = JdbcCallStore(source, "t_", notifications = false)
        val hand = Hand(store).join()

        suspend fun steps(work: suspend () -> Unit): Int {
            source.begin()
            work()
            return source.steps
        }

        suspend fun enqueue(change: NewCall.() -> NewCall) = steps { store.enqueue(List(3) { newCall(change = change) }) }
        val oneStatement = 2
        enqueue { this } shouldBe oneStatement
        enqueue { copy(delayMillis = 3_600_000) } shouldBe oneStatement
        enqueue { copy(claimedBy = hand.nonce, claimedIn = "default") } shouldBe oneStatement
        val claimed = hand.claim()
        steps { store.settle(claimed.map { it.succeeded() }) } shouldBe oneStatement
        // With its order, its key, its tags and its commit.
        (enqueue { copy(orderKey = cid, uniqueKey = cid, tags = listOf("import")) } > oneStatement) shouldBe true
    }

    test("a call that is enqueued as claimed is claimed by the worker whose lease is not judged, in a lane that is not paused") {
        val store = JdbcCallStore(newSource(), "t_")
        val hand = Hand(store).join()
        store.pause("imports", true, null)
        val calls = listOf(hand.nonce to "default", hand.nonce to "imports", "stranger" to "default", hand.nonce to null)
        val news = calls.map { (owner, lane) -> newCall { copy(claimedBy = owner, claimedIn = lane) } }
        store.enqueue(news).map { it.claim?.owner } shouldBe listOf(hand.nonce, null, null, hand.nonce)
        news.map { store.find(it.cid)!!.claim?.owner } shouldBe listOf(hand.nonce, null, null, hand.nonce)
        store.find(news[0].cid)!!.claim shouldBe store.claimedBy(hand.nonce).single { it.cid == news[0].cid }.claim
    }

    test("a process looks the later for what it is notified of, the more often others were faster, and at once after a success") {
        val pace = NoticePace()

        fun pauses() = List(20) { pace.pause() }
        pauses().all { it < 20.milliseconds } shouldBe true
        // A poll that finds nothing says nothing about the others.
        pace.looked(found = false)
        for (longest in listOf(20, 40, 80, 160, 320, 640, 1000, 1000)) {
            pauses().all { it <= longest.milliseconds } shouldBe true
            if (longest > 20) pauses().all { it >= longest.milliseconds / 2 } shouldBe true
            pace.delivered()
            pace.looked(found = false)
        }
        pace.delivered()
        pace.looked(found = true)
        pauses().all { it < 20.milliseconds } shouldBe true
    }
})
