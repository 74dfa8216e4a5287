package dev.reprise.samples.tour

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.retryPolicy
import dev.reprise.workflow.InMemoryWorkflowStore
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.graph
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.model.forEach
import dev.reprise.workflow.model.key
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.operate.structure
import dev.reprise.workflow.undoTarget
import dev.reprise.workflow.workflowTarget
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class WorkflowsTest :
    FunSpec({
        val folder = tempdir().toPath()
        val said = ArrayList<String>()
        beforeTest { said.clear() }

        test("execute, revert, and a controller that tries the next value") {
            fun open(address: String) = "socket to $address"

            fun close(socket: String) = said.add("closed $socket")

            fun greet(socket: String) = if ("1.1" in socket) throw IOException("unreachable") else said.add("hello on $socket")
            runTest {
                // docs:begin workflow
                val ip = key<String>("ip")
                val send = linear("send", retry = forEach(listOf("192.168.1.1", "192.168.1.2"), provides = ip)) {
                    val socket = task("connect", requires = ip) { open(it) } revert { socket -> close(socket) }
                    task("greet", requires = socket) { greet(it) }
                }
                val outcome = WorkflowEngine().executeOrThrow(send) // throws what ended it, if that is not success
                said += "by ${outcome[ip]}"
                // docs:end
            }
            said shouldContainExactly listOf("closed socket to 192.168.1.1", "hello on socket to 192.168.1.2", "by 192.168.1.2")
        }

        test("delays between the attempts of a part, by a policy") {
            var calls = 0

            fun charge() = if (++calls < 3) throw IOException("busy") else said.add("charged")
            runTest {
                // docs:begin workflow-policy
                val everyMinute = retryPolicy {
                    every(60.seconds)
                    on<IOException>()
                    maxAttempts(5)
                }
                val order = linear("order") {
                    task("reserve") { said += "reserved" } revert { said += "released" }
                    linear("payment", retry = byPolicy(everyMinute)) {
                        task("charge") { charge() }
                    }
                }
                // docs:end
                WorkflowEngine { timeSource = testScheduler.timeSource }.executeOrThrow(order)
                currentTime shouldBe 2.minutes.inWholeMilliseconds
            }
            said shouldContainExactly listOf("reserved", "charged")
        }

        test("a graph runs in the order of its values and links") {
            runTest {
                // docs:begin workflow-graph
                val report = graph("report") {
                    val numbers = task("numbers") { listOf(1, 2, 3) }
                    val sum = task("sum", requires = numbers) { it.sum() } // runs after what it requires
                    val alarm = task("alarm") { said += "alarm" }
                    link(sum, alarm) { results -> results[sum]!! > 100 } // skipped, with everything after it, if not
                }
                val outcome = WorkflowEngine { parallelism = 4 }.execute(report) // never throws what ended it
                // docs:end
                outcome.shouldBeInstanceOf<WorkflowOutcome.Success>()
            }
            said shouldBe emptyList()
        }

        test("a run outlives its process") {
            val file = folder.resolve("runs.db")
            val flow = linear("flow") { task("a") { said += "a" } }
            // docs:begin workflow-store
            JdbcWorkflowStore.open(file).use { store ->
                WorkflowEngine(store).executeOrThrow(flow, id = "order 42") // continues the run "order 42" if there is one
            }
            // docs:end
            JdbcWorkflowStore.open(file).use { WorkflowEngine(it).executeOrThrow(flow, id = "order 42") }
            said shouldContainExactly listOf("a")
        }

        test("a workflow is a durable call, and its result the response") {
            val file = folder.resolve("trips.db")

            fun fly(traveller: String) = "LH 1 for $traveller"

            suspend fun cancelFlight(ticket: String) = said.add("cancelled $ticket")
            coroutineScope {
                val scope: CoroutineScope = this
                // docs:begin workflow-queue
                val traveller = key<String>("traveller")
                val ticket = key<String>("ticket")
                val trip = linear("trip") {
                    val flight = task("flight", requires = traveller, provides = ticket) { fly(it) } revert { cancelFlight(it) }
                    task("tell", requires = flight) { said += "booked $it" }
                }
                val booking = workflowTarget("booking", PayloadCodec.Text) // a target like any other: traveller in, ticket out
                val engine = WorkflowEngine(JdbcWorkflowStore.open(file)) // a store that all workers share
                val queue = RetryQueue.open(file) { handleWorkflow(booking, trip, engine) { it[ticket] } }
                queue.start(scope)
                val call = queue.enqueue(booking, Inputs.of(traveller, "Ada")) { uniqueKey = "trip 7" }
                said += call.await()
                // docs:end
                queue.shutdown()
            }
            said shouldContainExactly listOf("booked LH 1 for Ada", "LH 1 for Ada")
        }

        test("a run is undone on demand") {
            val file = folder.resolve("undone.db")
            val ticket = key<String>("ticket")
            val trip = linear("trip") { task("flight", provides = ticket) { "LH 1" } revert { said += "cancelled $it" } }
            coroutineScope {
                val scope: CoroutineScope = this
                val engine = WorkflowEngine(JdbcWorkflowStore.open(file))
                // docs:begin workflow-undo
                // onEnd = OnEnd.KEEP: a call that is cut off leaves its run unchanged
                val booking = workflowTarget("booking", PayloadCodec.Text)
                val queue = RetryQueue.open(file) { handleWorkflow(booking, trip, engine) { it[ticket] } }
                queue.start(scope)
                val call = queue.enqueue(booking, Inputs.NONE)
                call.await()
                queue.enqueue(undoTarget(booking), call.cid).await() // a durable call: retried, found and replayed like any other
                engine.undo(trip, call.cid) // the same in this process; what is undone stays undone
                // docs:end
                queue.shutdown()
            }
            said shouldContainExactly listOf("cancelled LH 1")
        }

        test("runs are found and drawn") {
            val flow = linear("order") { task("reserve") { said += "reserved" } }
            runTest {
                val engine = WorkflowEngine(InMemoryWorkflowStore())
                engine.execute(flow, id = "order 42")
                // docs:begin workflow-runs
                val page = engine.runs(RunQuery.ALL.states(WorkflowState.SUCCESS).workflow("order"))
                said += page.runs.map { "${it.id}: ${it.state}" } // page.next is the cursor of the next page
                val seen = engine.read("order 42") // also while an engine owns the run, in whatever process
                println(seen?.toMermaid()) // a flowchart with the states drawn in; toDot() for Graphviz
                println(flow.structure.toMermaid()) // the workflow alone
                // docs:end
            }
            said shouldContainExactly listOf("reserved", "order 42: SUCCESS")
        }

        test("suspend, inspect, continue") {
            val store = InMemoryWorkflowStore()
            val flow = linear("flow") { task("a") { said += "a" } }
            runTest {
                // docs:begin workflow-run
                val run = WorkflowEngine(store).open(flow, id = "order 42")
                try {
                    run.execute() // run.requestSuspension() suspends it; execute() again continues
                    said += run.records.map { "${it.name}: ${it.state}" }
                } finally {
                    run.close() // releases the run, for any engine to continue
                }
                // docs:end
            }
            said shouldContainExactly listOf("a", "a: SUCCESS")
        }
    })
