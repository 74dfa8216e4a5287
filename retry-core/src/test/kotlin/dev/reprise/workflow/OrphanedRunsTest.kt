@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.workflow

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.retryPolicy
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.time.Instant
import java.time.InstantSource
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val trip = workflowTarget("trip")

private val once =
    retryPolicy {
        every(1.seconds)
        maxAttempts(1)
    }

private fun TestScope.clock() = InstantSource { Instant.ofEpochMilli(currentTime) }

/** Its tasks do what [execute] and [revert] do. */
private class Trips(
    private val scope: TestScope,
    runs: WorkflowStore = InMemoryWorkflowStore(clock = scope.clock()),
) {
    var execute: suspend () -> Unit = {}
    var revert: suspend () -> Unit = {}
    val flow =
        linear("trip") {
            task("flight") { } revert { revert() }
            task("visa") { execute() }
        }
    val engine = WorkflowEngine(runs) { clock = scope.clock() }

    suspend fun queue(): RetryQueue =
        RetryQueue
            .on(InMemoryCallStore { scope.currentTime }) {
                retention = 10.minutes
                policy(once)
                handleWorkflow(trip, flow, engine)
            }.also { it.start(scope.backgroundScope) }

    suspend fun stored(): List<String> = engine.runs(RunQuery.ALL).runs.map { it.id }
}

class OrphanedRunsTest : FunSpec({
    test("a run is removed after its call was purged; one that is not of a call stays, also under the same workflow") {
        runTest {
            val trips = Trips(this)
            val queue = trips.queue()
            val call = queue.enqueue(trip, Inputs.NONE).awaitEnd()
            trips.engine.execute(trips.flow, id = "order 7")
            trips.engine
                .read(call.cid)!!
                .summary.isOfCall shouldBe true
            delay(30.minutes)
            trips.stored() shouldContainExactlyInAnyOrder listOf(call.cid, "order 7")
            delay(2.hours)
            queue.find(call.cid).shouldBeNull()
            trips.stored() shouldContainExactlyInAnyOrder listOf("order 7")
            queue.shutdown()
        }
    }

    test("the run of a dead call stays until the call is discarded") {
        runTest {
            val trips = Trips(this)
            trips.execute = { error("no visa") }
            trips.revert = { error("the flight cannot be cancelled") }
            val queue = trips.queue()
            val call = queue.enqueue(trip, Inputs.NONE).awaitEnd()
            call.state shouldBe CallState.DEAD
            delay(5.hours)
            trips.engine
                .read(call.cid)!!
                .summary.state shouldBe WorkflowState.FAILURE
            queue.discard { it.cid == call.cid }
            delay(5.minutes)
            trips.engine.read(call.cid).shouldBeNull()
            queue.shutdown()
        }
    }

    test("a run that is still to be undone stays, although its call is gone, until it is undone") {
        runTest {
            val trips = Trips(this)
            trips.execute = { delay(20.hours) }
            trips.revert = { error("the airline does not respond") }
            val queue = trips.queue()
            val call = queue.enqueue(trip, Inputs.NONE).awaitEnd()
            call.state shouldBe CallState.DEAD
            delay(1.hours)
            queue.discard { it.cid == call.cid }
            delay(5.hours)
            trips.engine.read(call.cid).shouldNotBeNull()
            trips.revert = {}
            queue.replay { it.uniqueKey == "${call.cid}/undo" }
            delay(5.hours)
            trips.engine.read(call.cid).shouldBeNull()
            queue.shutdown()
        }
    }

    test("the run of a call that was invoked and never stored is removed") {
        runTest {
            val trips = Trips(this)
            val queue = trips.queue()
            queue.invoke(trip, Inputs.NONE)
            trips.stored().size shouldBe 1
            delay(2.hours)
            trips.stored().size shouldBe 0
            queue.shutdown()
        }
    }

    test("a database keeps which runs are those of calls, also when their workflow has changed") {
        JdbcWorkflowStore(SqliteDataSource(tempdir().toPath().resolve("runs.db"))).use { store ->
            store.migrate()
            store.open("call").run {
                start("linear workflow flow\nend", emptyMap(), isOfCall = true)
                close()
            }
            store.open("call").run {
                start("linear workflow flow\nend", emptyMap())
                close()
            }
            store.open("other").run {
                start("linear workflow flow\nend", emptyMap())
                close()
            }
            store.runs(RunQuery.ALL, null, 10).runs.associate { it.id to it.isOfCall } shouldBe mapOf("call" to true, "other" to false)
        }
    }
})
