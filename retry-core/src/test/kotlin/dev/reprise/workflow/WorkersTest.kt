package dev.reprise.workflow

import dev.elsewhere.Raise
import dev.reprise.run.ForeignCancellationException
import dev.reprise.workflow.model.WorkflowOutcome
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.yield
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.atomic.AtomicInteger

/** However the coroutine of a task ends, its run continues. */
class WorkersTest : FunSpec({
    for (parallelism in listOf(1, 2)) {
        test("a task that cancels its own coroutine has failed, and the run is reverted, parallelism $parallelism") {
            val said = ArrayList<String>()
            val flow =
                linear("flow") {
                    task("a") { } revert { said += "undo a" }
                    task("b") {
                        currentCoroutineContext().cancel()
                        yield()
                    }
                }
            runTest {
                val outcome = WorkflowEngine { this.parallelism = parallelism }.execute(flow).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                outcome.report.failures
                    .getValue("b")
                    .shouldBeInstanceOf<ForeignCancellationException>()
            }
            said shouldContainExactly listOf("undo a")
        }

        test("control flow of another library undoes what has run and passes unchanged, parallelism $parallelism") {
            val said = ArrayList<String>()
            val flow =
                linear("flow") {
                    task("a") { } revert { said += "undo a" }
                    task("b") { throw Raise("no") }
                }
            runTest {
                val engine = WorkflowEngine { this.parallelism = parallelism }
                shouldThrow<Raise> { engine.executeOrThrow(flow) }.run { value to suppressed.size } shouldBe ("no" to 0)
            }
            said shouldContainExactly listOf("undo a")
        }

        test("an executor that is shut down during a task fails what it rejects, and the run ends, parallelism $parallelism") {
            val executor = Executors.newSingleThreadExecutor()
            val flow =
                linear("flow") {
                    task("a") { executor.shutdown() }
                    task("b") { }
                }
            val engine =
                WorkflowEngine {
                    this.parallelism = parallelism
                    context = executor.asCoroutineDispatcher()
                }
            val report = runBlocking { engine.execute(flow) }.shouldBeInstanceOf<WorkflowOutcome.Failed>().report
            report.failures.getValue("b").shouldBeInstanceOf<RejectedExecutionException>()
            report.revertFailures.keys shouldBe setOf("b")
            report.notReverted shouldContainExactly listOf("a")
        }
    }

    test("an executor that runs tasks inline does not nest them, however many wait") {
        val calls = AtomicInteger()
        val flow = unordered("flow") { repeat(20_000) { task("t$it") { calls.incrementAndGet() } } }
        val engine =
            WorkflowEngine {
                parallelism = 2
                context = Executor(Runnable::run).asCoroutineDispatcher()
            }
        runBlocking { engine.execute(flow) }.shouldBeInstanceOf<WorkflowOutcome.Success>()
        calls.get() shouldBe 20_000
    }

    test("no coroutine waits for tasks that do not exist: any parallelism costs what the workflow needs") {
        val flow = linear("flow") { task("a") { } }
        runBlocking { WorkflowEngine { parallelism = Int.MAX_VALUE }.execute(flow) }.shouldBeInstanceOf<WorkflowOutcome.Success>()
    }
})
