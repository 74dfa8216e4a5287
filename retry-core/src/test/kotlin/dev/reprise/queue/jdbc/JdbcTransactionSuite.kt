package dev.reprise.queue.jdbc

import dev.reprise.queue.CallCount
import dev.reprise.queue.CallState
import dev.reprise.queue.Hand
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.newCall
import dev.reprise.queue.succeeded
import dev.reprise.queue.target
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.coroutineScope
import javax.sql.DataSource

private val charge = target("charge")

/** What it means that a caller enqueues in a transaction of its own. [database] makes an empty one. */
fun jdbcTransactionSuite(database: () -> DataSource) =
    funSpec {
        suspend fun store(source: DataSource) = JdbcCallStore(source, "t_").also { it.migrate() }

        test("a call that is enqueued in a transaction is there if that commits, and never was if it does not") {
            val source = database()
            val store = store(source)
            val queue = RetryQueue(store) { handle(charge) { it } }
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

        test("a call that a handler enqueues in its own transaction knows who asked for it") {
            val source = database()
            val store = store(source)
            val invoice = target("invoice")
            lateinit var queue: RetryQueue
            queue =
                RetryQueue(store) {
                    handle(charge) {
                        source.connection.use { connection -> queue.enqueue(connection, invoice, it).cid }
                    }
                }
            coroutineScope {
                queue.start(this)
                val handle = queue.enqueue(charge, "1")
                val asked = store.find(handle.await())!!
                asked.order.source to asked.order.origCid shouldBe ("charge" to handle.cid)
                queue.shutdown()
            }
        }

        test("a call that becomes visible after later ones were claimed is claimed next") {
            val source = database()
            val store = store(source)
            val queue = RetryQueue(store) { handle(charge) { it } }
            if (store.hasOneWriter()) return@test
            val hand = Hand(store).join()
            source.connection.use { connection ->
                connection.autoCommit = false
                val late = queue.enqueue(connection, charge, "1")
                store.enqueue(listOf(newCall()))
                hand.claim() shouldHaveSize 1
                connection.commit()
                connection.autoCommit = true
                hand.claim().single().cid shouldBe late.cid
            }
        }

        test("an order whose row a caller holds goes on when that caller has ended") {
            val source = database()
            val store = store(source)
            val queue = RetryQueue(store) { handle(charge) { it } }
            if (store.hasOneWriter()) return@test
            store.enqueue(listOf(newCall { copy(orderKey = "o") }))
            val hand = Hand(store).join()
            val head = hand.claim().single()
            source.connection.use { connection ->
                connection.autoCommit = false
                val next = queue.enqueue(connection, charge, "2") { orderKey = "o" }
                hand.settle(head.succeeded())
                connection.commit()
                connection.autoCommit = true
                hand.claim().shouldBeEmpty()
                store.orphans(null, 10)
                hand.claim().single().cid shouldBe next.cid
            }
        }
    }

private suspend fun JdbcCallStore.hasOneWriter() = on { sql.dialect.hasOneWriter }
