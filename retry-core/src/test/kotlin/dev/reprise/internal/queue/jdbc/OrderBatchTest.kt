package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.newCall
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.succeeded
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private suspend fun Hand.next(): StoredCall? =
    withTimeoutOrNull(10.seconds) {
        var call: StoredCall?
        do {
            call = claim().singleOrNull()
            if (call == null) delay(2.milliseconds)
        } while (call == null)
        call
    }

class OrderBatchTest : FunSpec({
    val server = TestPostgres()

    afterSpec { server.close() }

    test("the calls of a batch start in their order, at whatever step of its transaction the head of the order ends") {
        val source = server.newDatabase()
        val faulty = FaultySource(source)
        val enqueuer = JdbcCallStore(faulty, "t_", notifications = false).also { it.migrate() }
        val hand = Hand(JdbcCallStore(source, "t_", notifications = false)).join()
        var step = 0
        do {
            step++
            enqueuer.enqueue(listOf(newCall { copy(orderKey = "o$step") }))
            var head: StoredCall? = hand.claim().single()

            fun endHead() {
                head?.let { runBlocking { hand.settle(it.succeeded()) } }
                head = null
            }
            faulty.begin { null.also { _ -> if (it == step) endHead() } }
            val batch = List(3) { newCall { copy(orderKey = "o$step") } }
            enqueuer.enqueue(batch)
            val isOver = head != null
            faulty.begin()
            endHead()
            val started = batch.mapNotNull { hand.next()?.also { call -> hand.settle(call.succeeded()) }?.cid }
            started shouldContainExactly batch.map { it.cid }
        } while (!isOver)
    }
})
