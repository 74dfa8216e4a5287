package dev.reprise.compatibility

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.retryPolicy
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.graph
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.model.forEach
import dev.reprise.workflow.model.key
import dev.reprise.workflow.unordered
import dev.reprise.workflow.workflowTarget
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.IOException
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

class WorkflowStoriesTest {
    private val log = Log()

    @TempDir
    lateinit var folder: Path

    @Test
    fun `a failure reverts what was done, in reverse order`() =
        runTest {
            val order =
                linear("order") {
                    task("reserve") { log += "reserved" } revert { log += "released" }
                    task("charge") { log += "charged" } revert { log += "refunded" }
                    task("ship") { throw IOException("no van") }
                }
            assertInstanceOf(WorkflowOutcome.Reverted::class.java, WorkflowEngine().execute(order))
            assertEquals(listOf("reserved", "charged", "refunded", "released"), log)
        }

    @Test
    fun `a controller tries the next value`() =
        runTest {
            val ip = key<String>("ip")
            val send =
                linear("send", retry = forEach(listOf("10.0.0.1", "10.0.0.2"), provides = ip)) {
                    val socket = task("connect", requires = ip) { "socket to $it" } revert { log += "closed $it" }
                    task("greet", requires = socket) { if ("0.1" in it) throw IOException("unreachable") else log += "hello on $it" }
                }
            log += "by ${WorkflowEngine().executeOrThrow(send)[ip]}"
            assertEquals(listOf("closed socket to 10.0.0.1", "hello on socket to 10.0.0.2", "by 10.0.0.2"), log)
        }

    @Test
    fun `a policy waits between the attempts of a part`() =
        runTest {
            var calls = 0
            val everyMinute =
                retryPolicy {
                    every(60.seconds)
                    maxAttempts(5)
                }
            val payment =
                linear("payment", retry = byPolicy(everyMinute)) {
                    task("charge") { if (++calls < 3) throw IOException("busy") else log += "charged by call $calls" }
                }
            WorkflowEngine { timeSource = testScheduler.timeSource }.executeOrThrow(payment)
            assertEquals(listOf("charged by call 3"), log)
            assertEquals(120_000, currentTime)
        }

    @Test
    fun `a graph runs what its links select`() =
        runTest {
            val report =
                graph("report") {
                    val numbers = task("numbers") { listOf(1, 2, 3) }
                    val sum = task("sum", requires = numbers) { it.sum().also { sum -> log += "sum $sum" } }
                    val alarm = task("alarm") { log += "alarm" }
                    link(sum, alarm) { results -> results[sum]!! > 100 }
                }
            assertInstanceOf(WorkflowOutcome.Success::class.java, WorkflowEngine().execute(report))
            assertEquals(listOf("sum 6"), log)
        }

    @Test
    fun `tasks without an order run in parallel on threads`() =
        runBlocking {
            val four = unordered("four") { repeat(4) { n -> task("task $n") { log += "task $n" } } }
            val engine =
                WorkflowEngine {
                    parallelism = 4
                    context = Dispatchers.Default
                }
            engine.executeOrThrow(four)
            assertEquals(listOf("task 0", "task 1", "task 2", "task 3"), log.sorted())
        }

    @Test
    fun `a run in a file continues where it was suspended`() =
        runBlocking {
            val file = folder.resolve("runs.db")
            val flow =
                linear("flow") {
                    val first = task("first") { "one".also { log += "first" } }
                    task("second", requires = first) { log += "second after $it" }
                }
            JdbcWorkflowStore.open(file).use { store ->
                lateinit var suspend: () -> Unit
                val engine = WorkflowEngine(store) { listener { if (log.lastOrNull() == "first") suspend() } }
                val run = engine.open(flow, id = "order 42")
                suspend = run::requestSuspension
                assertInstanceOf(WorkflowOutcome.Suspended::class.java, run.execute())
                run.close()
            }
            log += "restart"
            JdbcWorkflowStore.open(file).use { WorkflowEngine(it).executeOrThrow(flow, id = "order 42") }
            JdbcWorkflowStore.open(file).use { WorkflowEngine(it).executeOrThrow(flow, id = "order 42") }
            assertEquals(listOf("first", "restart", "second after one"), log)
        }

    @Test
    fun `a workflow is a durable call`() =
        runBlocking {
            val file = folder.resolve("trips.db")
            val traveller = key<String>("traveller")
            val ticket = key<String>("ticket")
            val trip =
                linear("trip") {
                    val flight = task("flight", requires = traveller, provides = ticket) { "LH 1 for $it" }
                    task("tell", requires = flight) { log += "booked $it" }
                }
            val booking = workflowTarget("booking", PayloadCodec.Text)
            coroutineScope {
                JdbcWorkflowStore.open(file).use { store ->
                    val queue = RetryQueue.open(file) { handleWorkflow(booking, trip, WorkflowEngine(store)) { it[ticket] } }
                    queue.start(this)
                    log += queue.enqueue(booking, Inputs.of(traveller, "Ada")).await()
                    queue.shutdown()
                }
            }
            assertEquals(listOf("booked LH 1 for Ada", "LH 1 for Ada"), log)
        }
}
