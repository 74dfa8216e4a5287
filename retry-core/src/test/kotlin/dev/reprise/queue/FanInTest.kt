package dev.reprise.queue

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import dev.reprise.workflow.InMemoryWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.key
import dev.reprise.workflow.workflowTarget
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.spec.style.funSpec
import io.kotest.engine.spec.tempfile
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.comparables.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.yield
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration

private val order = target("order")
private val pack = target("pack")

/** A call that continues when others have ended. */
private fun fanInSuite(newStore: suspend () -> CallStore) =
    funSpec {
        test("after a restart of its worker, a call waits for the same others, which are not enqueued again") {
            val store = newStore()
            val mayPack = CompletableDeferred<Unit>()
            val packed = CopyOnWriteArrayList<String>()

            fun worker() =
                RetryQueue.on(store) {
                    handle(order) {
                        val parts = listOf("a", "b").map { part -> enqueueOnce(part, pack, part) }
                        awaitEnds(parts)
                        parts.map { it.await() }.joinToString()
                    }
                    handle(pack) {
                        mayPack.await()
                        it.also { packed += it }
                    }
                }
            coroutineScope {
                val first = worker().also { it.start(this) }
                val cid = first.enqueue(order, "42").cid
                while (first.find(cid)!!.snoozes == 0) yield()
                first.shutdown(grace = Duration.ZERO)
                val second = worker().also { it.start(this) }
                mayPack.complete(Unit)
                second.awaitEnd(cid).run { String(response!!.bytes) shouldBe "a, b" }
                packed shouldContainExactlyInAnyOrder listOf("a", "b")
                second.shutdown()
            }
        }

        test("a call whose part has been forgotten, because it is not kept, continues") {
            coroutineScope {
                val queue =
                    RetryQueue.on(newStore()) {
                        handle(order) {
                            awaitEnds(listOf(enqueueOnce("a", pack, "a")))
                            "done"
                        }
                        handle(pack, keepSucceeded = false) { it }
                    }
                queue.start(this)
                queue.enqueue(order, "42").await() shouldBe "done"
                queue.shutdown()
            }
        }

        test("durable workflows are waited for like any other call") {
            val part = key<String>("part")
            val packing = workflowTarget("packing", PayloadCodec.Text)
            coroutineScope {
                val queue =
                    RetryQueue.on(newStore()) {
                        handle(order) {
                            val parts = listOf("a", "b").map { enqueueOnce(it, packing, Inputs.of(part, it)) }
                            awaitEnds(parts)
                            parts.map { it.await() }.joinToString()
                        }
                        val flow = linear("packing") { task("pack", requires = part) { "packed $it" } }
                        handleWorkflow(packing, flow, WorkflowEngine(InMemoryWorkflowStore())) { "${it[part]} packed" }
                    }
                queue.start(this)
                val parent = queue.enqueue(order, "42")
                parent.await() shouldBe "a packed, b packed"
                parent.awaitEnd().snoozes shouldBeGreaterThan 0
                queue.shutdown()
            }
        }
    }

class FanInTest : FunSpec({
    val server = autoClose(TestPostgres())
    include("memory:", fanInSuite { InMemoryCallStore { System.currentTimeMillis() } })
    include("SQLite:", fanInSuite { JdbcCallStore(SqliteDataSource(tempfile(suffix = ".db").toPath())).also { it.migrate() } })
    include("PostgreSQL:", fanInSuite { JdbcCallStore(server.newDatabase()).also { it.migrate() } })
})
