package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.QueueOperator
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.died
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.target
import dev.reprise.queue.newCall
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.CallerTransaction
import dev.reprise.queue.succeeded
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import java.sql.Connection
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")

/** What a caller's own transaction means for the calls it enqueues. [database] creates an empty one. */
fun jdbcTransactionSuite(database: () -> DataSource) =
    funSpec {
        /** A test of callers in transactions; those that have two at a time need a database that lets them. */
        fun test(
            name: String,
            needsTwo: Boolean = false,
            work: suspend Transactions.() -> Unit,
        ): Unit =
            this@funSpec.test(name) {
                val source = database()
                val store = JdbcCallStore(source, "t_").also { it.migrate() }
                if (!needsTwo || !store.hasOneWriter()) Transactions(source, store).work()
            }

        test("a call enqueued in a transaction exists only if that commits") {
            source.connection.use { connection ->
                connection.autoCommit = false
                val lost =
                    queue.enqueue(connection, charge, "1") {
                        uniqueKey = "u"
                        orderKey = "o"
                    }
                connection.rollback()
                store.find(lost.cid).shouldBeNull()
                val kept =
                    queue.enqueue(connection, charge, "2") {
                        uniqueKey = "u"
                        orderKey = "o"
                    }
                connection.commit()
                store.find(kept.cid).shouldNotBeNull().state shouldBe CallState.READY
                connection.autoCommit = true
            }
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.READY, 1))
        }

        test("a connection to another database is rejected with the names of both, and its transaction can continue") {
            val other = database()
            JdbcCallStore(other, "t_").migrate()
            val operator = QueueOperator.on(store, Actor("ada"))
            val call = queue.enqueue(charge, "1")
            other.connection.use { connection ->
                connection.autoCommit = false
                val uses =
                    listOf(
                        { queue.enqueue(connection, charge, "2") },
                        { queue.cancel(connection, call.cid) },
                        { operator.act(connection, OperatorAction.Cancel(), CallQuery.ALL) },
                    )
                for (use in uses) {
                    val message = shouldThrow<InvalidCallException> { use() }.message!!
                    val home = source.connection.use { it.metaData.url }
                    listOf(connection.metaData.url, home).forEach { message shouldContain it.substringBefore('?') }
                }
                connection.createStatement().use { it.execute("CREATE TABLE mine (id INTEGER)") }
                connection.commit()
                connection.autoCommit = true
            }
            // A store that found its tables is as careful as the one that created them.
            val found = RetryQueue.on(JdbcCallStore(source, "t_"))
            other.connection.use { connection ->
                connection.autoCommit = false
                shouldThrow<InvalidCallException> { found.enqueue(connection, charge, "3") }
                connection.rollback()
                connection.autoCommit = true
            }
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.READY, 1))
        }

        test("many calls are enqueued in a transaction with few statements, and cancelled in one") {
            val known = queue.enqueue(charge, "0") { orderKey = "o" }
            source.connection.use { connection ->
                connection.autoCommit = false
                queue.enqueueAll(connection, charge, List(600) { "$it" }) { uniqueKey = it }.size shouldBe 600
                queue.cancel(connection, known.cid) shouldBe CancelResult.CANCELLED
                connection.rollback()
                store.counts() shouldContainExactly listOf(CallCount("charge", CallState.READY, 1))
                queue.enqueueAll(connection, charge, listOf("1", "2"))
                queue.cancel(connection, known.cid) shouldBe CancelResult.CANCELLED
                queue.cancel(connection, "nobody") shouldBe CancelResult.UNKNOWN
                connection.commit()
                connection.autoCommit = true
            }
            store.counts() shouldContainExactlyInAnyOrder
                listOf(CallCount("charge", CallState.READY, 2), CallCount("charge", CallState.CANCELLED, 1))
        }

        test("a queue joins the transaction of the calling thread, and notifies after its commit") {
            val transaction = ThreadTransaction()
            val queue =
                RetryQueue.on(store) {
                    handle(charge) { it }
                    callerTransaction(transaction)
                }
            val outside = queue.enqueue(charge, "0")
            transaction.within(source, commit = false) {
                queue.enqueue(charge, "1")
                queue.cancel(outside.cid) shouldBe CancelResult.CANCELLED
            }
            transaction.ran shouldBe 0
            store.counts() shouldContainExactly listOf(CallCount("charge", CallState.READY, 1))
            transaction.within(source, commit = true) {
                queue.enqueueAll(charge, listOf("1", "2"))
                queue.cancel(outside.cid) shouldBe CancelResult.CANCELLED
            }
            transaction.ran shouldBe 1
            transaction.held shouldBe 0
            store.counts() shouldContainExactlyInAnyOrder
                listOf(CallCount("charge", CallState.READY, 2), CallCount("charge", CallState.CANCELLED, 1))
            transaction.isElsewhere = true
            shouldThrow<IllegalStateException> { queue.enqueue(charge, "3") }.message shouldContain "another database"
        }

        test("a call that a handler enqueues in its own transaction has that handler as its source") {
            val invoice = target("invoice")
            lateinit var queue: RetryQueue
            queue =
                RetryQueue.on(store) {
                    handle(charge) {
                        source.transaction { connection -> queue.enqueue(connection, invoice, it).cid }
                    }
                }
            coroutineScope {
                queue.start(this)
                val handle = queue.enqueue(charge, "1")
                val asked = store.find(handle.await())!!
                asked.request.source to asked.request.origCid shouldBe ("charge" to handle.cid)
                queue.shutdown()
            }
        }

        test("a call that becomes visible after later ones were claimed is claimed next", needsTwo = true) {
            val hand = Hand(store).join()
            source.connection.use { connection ->
                connection.autoCommit = false
                val late = queue.enqueue(connection, charge, "1")
                store.enqueue(listOf(newCall()))
                hand.claim() shouldHaveSize 1
                connection.commit()
                connection.autoCommit = true
                hand.awaitClaim() shouldBe late.cid
            }
        }

        test("an order whose row a caller has locked continues when that caller's transaction has ended", needsTwo = true) {
            store.enqueue(listOf(newCall { copy(orderKey = "o") }))
            val hand = Hand(store).join()
            val head = hand.claim().single()
            source.connection.use { connection ->
                connection.autoCommit = false
                val next = queue.enqueue(connection, charge, "2") { orderKey = "o" }
                hand.settle(head.succeeded())
                connection.commit()
                connection.autoCommit = true
                hand.awaitClaim() shouldBe next.cid
            }
        }

        test("an order that could not advance in a caller's transaction is advanced by the next caller that joins it", needsTwo = true) {
            store.enqueue(listOf(newCall { copy(orderKey = "o") }))
            val hand = Hand(store).join()
            val head = hand.claim().single()
            val next =
                source.transaction { connection ->
                    queue.enqueue(connection, charge, "2") { orderKey = "o" }.also { hand.settle(head.succeeded()) }
                }
            store.close()
            source.transaction { connection ->
                RetryQueue.on(JdbcCallStore(source, "t_")).enqueue(connection, charge, "3") { orderKey = "o" }
            }
            Hand(JdbcCallStore(source, "t_")).join().claim().map { it.cid } shouldContainExactly listOf(next.cid)
        }

        test("the only call of an order that joins behind a head that has ended is the head", needsTwo = true) {
            store.enqueue(listOf(newCall { copy(orderKey = "o") }))
            val hand = Hand(store).join()
            val head = hand.claim().single()
            source.connection.use { connection ->
                connection.autoCommit = false
                queue.enqueue(connection, charge, "2") { orderKey = "o" }
                hand.settle(head.succeeded())
                connection.rollback()
                connection.autoCommit = true
            }
            val fresh = List(2) { newCall { copy(orderKey = "o") } }
            store.enqueue(fresh)
            hand.claim().map { it.cid } shouldContainExactly listOf(fresh[0].cid)
        }

        test("an order advances while callers join it continuously", needsTwo = true) {
            val isOver = AtomicBoolean()
            val done = AtomicInteger()
            val worker = RetryQueue.on(store) { handle(charge) { done.incrementAndGet().let { "paid" } } }
            coroutineScope {
                worker.start(this)
                repeat(4) {
                    launch(Dispatchers.IO) {
                        while (!isOver.get()) {
                            source.transaction { connection ->
                                queue.enqueue(connection, charge, "1") { orderKey = "o" }
                                connection.createStatement().use { it.execute("SELECT pg_sleep(0.02)") }
                            }
                        }
                    }
                }
                withTimeout(60.seconds) { while (done.get() < 40) delay(10.milliseconds) }
                isOver.set(true)
                worker.shutdown(Duration.ZERO)
            }
        }

        test("an order that waits to continue is not skipped because of an older dead call in it", needsTwo = true) {
            val hand = Hand(store).join()
            store.enqueue(listOf(skipping(), newCall { copy(orderKey = "o") }))
            val dead = hand.claim().single().also { hand.settle(it.died()) }
            val head = hand.claim().single()
            val next =
                source.transaction { connection ->
                    queue.enqueue(connection, charge, "2") { orderKey = "o" }.also {
                        hand.settle(head.succeeded())
                        queue.discard { it.cid == dead.cid }
                    }
                }
            store.orphans(null, 10)
            hand.claim().map { it.cid } shouldContainExactly listOf(next.cid)
        }

        test("a dead head that is replayed before its order continued lets it continue, and waits behind the others", needsTwo = true) {
            val hand = Hand(store).join()
            store.enqueue(listOf(skipping()))
            val dead = hand.claim().single()
            val next =
                source.transaction { connection ->
                    queue.enqueue(connection, charge, "2") { orderKey = "o" }.also { hand.settle(dead.died()) }
                }
            queue.replay { it.cid == dead.cid }
            store.orphans(null, 10)
            val running = hand.claim().single()
            running.cid shouldBe next.cid
            hand.settle(running.succeeded())
            store.orphans(null, 10)
            hand.claim().map { it.cid } shouldContainExactly listOf(dead.cid)
        }

        test("a dead head without successors is replayed before its order continued, and is its head again", needsTwo = true) {
            val hand = Hand(store).join()
            store.enqueue(listOf(skipping()))
            val dead = hand.claim().single()
            source.connection.use { connection ->
                connection.autoCommit = false
                queue.enqueue(connection, charge, "2") { orderKey = "o" }
                hand.settle(dead.died())
                connection.rollback()
                connection.autoCommit = true
            }
            queue.replay { it.cid == dead.cid }
            store.enqueue(listOf(newCall { copy(orderKey = "o") }))
            store.orphans(null, 10)
            hand.claim().map { it.cid } shouldContainExactly listOf(dead.cid)
        }

        test("a connection in auto-commit mode is rejected") {
            source.connection.use { connection ->
                shouldThrow<InvalidCallException> { queue.enqueue(connection, charge, "1") }.message shouldContain "setAutoCommit(false)"
            }
            queue.counts().shouldBeEmpty()
        }

        test("a failed enqueue leaves nothing in a transaction, and what was in it stays") {
            val known = newCall().also { store.enqueue(listOf(it)) }
            val twice = known.copy(uniqueKey = "u")
            source.transaction { connection ->
                queue.enqueue(connection, charge, "1") { uniqueKey = "kept" }
                shouldThrow<InvalidCallException> { store.enqueue(connection, listOf(twice)) }
            }
            queue.enqueue(charge, "1") { uniqueKey = "kept" }.isNew shouldBe false
            queue.enqueue(charge, "1") { uniqueKey = "u" }.isNew shouldBe true
        }
    }

private class Transactions(
    val source: DataSource,
    val store: JdbcCallStore,
) {
    val queue = RetryQueue.on(store) { handle(charge) { it } }
}

private fun skipping() = newCall { copy(orderKey = "o", onDeadPredecessor = OnDeadPredecessor.SKIP) }

private suspend fun <T> DataSource.transaction(work: suspend (Connection) -> T): T =
    connection.use { connection ->
        connection.autoCommit = false
        work(connection).also {
            connection.commit()
            connection.autoCommit = true
        }
    }

private suspend fun JdbcCallStore.hasOneWriter() = on { sql.dialect.hasOneWriter }

/** The id of the next call, as soon as one can be claimed. */
private suspend fun Hand.awaitClaim(): String {
    while (true) {
        claim().singleOrNull()?.let { return it.cid }
        delay(5.milliseconds)
    }
}

/** The transaction of a thread, as a framework keeps it. */
private class ThreadTransaction : CallerTransaction {
    private var connection: Connection? = null
    private val actions = ArrayList<Runnable>()
    var isElsewhere = false
    var ran = 0
        private set
    var held = 0
        private set

    suspend fun within(
        source: DataSource,
        commit: Boolean,
        work: suspend () -> Unit,
    ) {
        source.connection.use { opened ->
            opened.autoCommit = false
            connection = opened
            work()
            connection = null
            if (commit) opened.commit() else opened.rollback()
            opened.autoCommit = true
        }
        if (commit) actions.forEach { it.run().also { ran++ } }
        actions.clear()
    }

    override fun current(dataSource: DataSource): Connection? {
        check(!isElsewhere) { "the transaction is on another database" }
        return connection?.also { held++ }
    }

    override fun release(connection: Connection) {
        held--
    }

    override fun afterCommit(action: Runnable) {
        actions += action
    }
}
