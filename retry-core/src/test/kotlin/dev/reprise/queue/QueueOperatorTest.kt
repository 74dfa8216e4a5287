@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.event.CallEvent
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.OperatorAction
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.sql.Connection
import java.sql.DriverManager
import java.time.Instant
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What an operator does through a queue that runs. */
class QueueOperatorTest :
    FunSpec({
        val ada = Actor("ada")

        test("attempts are counted by handler and minute, and a handler of another minute apart") {
            runTest {
                var failures = 2
                val queue =
                    RetryQueue.on(memory()) {
                        handle(charge) { if (failures-- > 0) throw IOException("down") else "paid" }
                    }
                queue.start(backgroundScope)
                queue.enqueue(charge, "42") { policy("every(1m) maxAttempts(3)") }.await()
                queue.enqueue(charge, "43").await()
                delay(2.minutes)
                val pulse = queue.operator(ada).pulse(Instant.EPOCH, Instant.EPOCH.plusSeconds(600))
                pulse.map { it.toString() } shouldContainExactly
                    listOf(
                        "Pulse(1970-01-01T00:00:00Z charge: 1 first, 0 retries, 0 ok, 1 failed, 0 died, {java.io.IOException=1})",
                        "Pulse(1970-01-01T00:01:00Z charge: 0 first, 1 retries, 0 ok, 1 failed, 0 died, {java.io.IOException=1})",
                        "Pulse(1970-01-01T00:02:00Z charge: 1 first, 1 retries, 2 ok, 0 failed, 0 died, {})",
                    )
                queue.shutdown()
            }
        }

        test("without pulse nothing is counted") {
            runTest {
                val queue =
                    RetryQueue.on(memory()) {
                        pulse = false
                        handle(charge) { it }
                    }
                queue.start(backgroundScope)
                queue.enqueue(charge, "42").await()
                delay(2.minutes)
                queue.operator(ada).pulse(Instant.EPOCH, Instant.EPOCH.plusSeconds(600)) shouldContainExactly emptyList()
                queue.shutdown()
            }
        }

        test("a worker says what it serves; its lanes are listed, and calls can be listed by lane") {
            runTest {
                val queue =
                    RetryQueue.on(memory()) {
                        workerName = "one"
                        applicationVersion = "7.2.0"
                        lane("slow") { concurrency = 2 }
                        handle(charge, lane = "slow", version = 3) { it }
                        handle(target("ship"), concurrency = 1) { it }
                    }
                queue.start(backgroundScope)
                queue.enqueue(charge, "42") { delay = 1.minutes }
                queue.enqueue(target("other"), "43")
                delay(1.seconds)
                val operator = queue.operator(ada)
                val worker = operator.workers().single()
                listOf(
                    worker.name,
                    worker.isNamed,
                    worker.isValid,
                    worker.applicationVersion,
                    worker.lanes.toString(),
                    worker.handlers.map {
                        "$it v${it.version} ${it.concurrency}"
                    },
                ) shouldContainExactly
                    listOf("one", true, true, "7.2.0", "[default×10, slow×2]", listOf("charge in slow v3 null", "ship in default v1 1"))
                operator.lanes().map { "${it.name} ${it.handlers} ${it.workers} ${it.concurrency}" } shouldContainExactly
                    listOf("default [ship] 1 10", "slow [charge] 1 2")
                operator.calls(CallQuery.ALL.lane("slow")).items.map { it.handler } shouldContainExactly listOf("charge")
                operator.calls(CallQuery.ALL.lane("none")).items shouldContainExactly emptyList()
                queue.shutdown()
            }
        }

        test("a worker says with each renewal of its lease how many calls it has") {
            runTest {
                val queue = RetryQueue.on(memory()) { handle(charge) { awaitCancellation() } }
                queue.start(backgroundScope)
                queue.enqueueAll(charge, List(3) { "$it" })
                delay(6.seconds)
                queue.operator(ada).workers().map { it.inFlight } shouldContainExactly listOf(3)
            }
        }

        test("running calls that an operator cancels are cancelled here at once") {
            runTest {
                val begun = CompletableDeferred<Unit>()
                val queue =
                    RetryQueue.on(memory()) {
                        handle(charge) {
                            begun.complete(Unit)
                            awaitCancellation()
                        }
                    }
                queue.start(backgroundScope)
                val call = queue.enqueue(charge, "42")
                begun.await()
                val start = testScheduler.currentTime
                queue.operator(ada).act(OperatorAction.Cancel(), CallQuery.ALL, dryRun = false).changed shouldBe 1
                call.awaitEnd().state shouldBe CallState.CANCELLED
                testScheduler.currentTime - start shouldBe 0
                queue.shutdown()
            }
        }

        test("a listener receives which calls an operator changed, and by what") {
            runTest {
                val heard = ArrayList<String>()
                val queue =
                    RetryQueue.on(memory()) {
                        listener { if (it is CallEvent.Acted) heard += "$it ${it.handler} ${it.tags}" }
                        handle(charge) { it }
                    }
                val calls =
                    List(2) { i ->
                        queue.enqueue(charge, "$i") {
                            tags("$i")
                            delay = 1.minutes
                        }
                    }
                queue.operator(ada).act(OperatorAction.RetryNow(), CallQuery.ALL.tags("0"))
                queue.operator(ada).act(OperatorAction.RetryNow(), CallQuery.ALL.tags("0"), dryRun = false)
                queue.operator(ada).cancel(calls[1].cid)
                queue.operator(ada).cancel(calls[1].cid)
                heard shouldContainExactly listOf("Acted(retry-now, ada via code) charge [0]", "Acted(cancel, ada via code) charge [1]")
            }
        }

        test("one call is replayed, cancelled, discarded and revealed, each with an entry in the audit") {
            runTest {
                val queue = RetryQueue.on(memory()) { handle(charge) { reject("no") } }
                queue.start(backgroundScope)
                val cid =
                    queue
                        .enqueue(charge, "42")
                        .awaitEnd()
                        .cid
                val operator = queue.operator(ada)
                operator.replay(cid)
                queue.awaitEnd(cid)
                operator.cancel(cid)
                operator
                    .reveal(cid, "support case 7")!!
                    .request.bytes
                    .decodeToString() shouldBe "42"
                operator.discard(cid) shouldBe true
                operator
                    .audit()
                    .items
                    .map { "${it.action} ${it.changed}" }
                    .reversed() shouldContainExactly
                    listOf("replay 1", "cancel 0", "reveal 1", "discard 1")
                queue.shutdown()
            }
        }

        test("an action in the transaction of a caller needs a store on a database") {
            val connection: Connection = DriverManager.getConnection("jdbc:sqlite::memory:")
            connection.use {
                shouldThrow<UnsupportedOperationException> {
                    RetryQueue.inMemory().operator(ada).act(it, OperatorAction.Discard(), CallQuery.ALL)
                }
            }
        }

        test("a query is written as text, which is read again") {
            val query =
                CallQuery.ALL
                    .states(CallState.DEAD)
                    .tags("a&b", "ü")
                    .endedSince(Instant.EPOCH)
                    .handlerVersionBelow(2)
            query.toString() shouldBe "ended-since=1970-01-01T00%3A00%3A00Z&state=DEAD&tag=a%26b&tag=%C3%BC&version-below=2"
            CallQuery.parse(query.toString()) shouldBe query
            for (wrong in listOf("colour=red", "state=broken", "version=x", "ended-since=today")) {
                shouldThrow<IllegalArgumentException> { CallQuery.parse(wrong) }
            }
        }
    })
