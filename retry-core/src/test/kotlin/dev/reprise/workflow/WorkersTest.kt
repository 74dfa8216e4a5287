package dev.reprise.workflow

import dev.elsewhere.Raise
import dev.reprise.run.ForeignCancellationException
import dev.reprise.workflow.model.WorkflowOutcome
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import java.util.concurrent.ForkJoinPool
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.atomic.AtomicInteger
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration.Companion.seconds

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

        test(
            "what a task starts in its own job ends with it, and what still has that job can stop no later task, parallelism $parallelism",
        ) {
            val said = ArrayList<String>()
            lateinit var left: CoroutineContext
            val flow =
                linear("flow") {
                    task("a") {
                        left = currentCoroutineContext()
                        CoroutineScope(left).launch {
                            yield()
                            said += "child of a"
                        }
                    }
                    task("b") {
                        left.cancel()
                        yield()
                        said += "b"
                    }
                    task("c") { left = currentCoroutineContext() }
                    task("d") { said += "c has ended: ${left.job.isCompleted}" }
                }
            runTest { WorkflowEngine { this.parallelism = parallelism }.execute(flow).shouldBeInstanceOf<WorkflowOutcome.Success>() }
            said shouldContainExactly listOf("child of a", "b", "c has ended: true")
        }

        test("a coroutine that a task started fails that task, and the run is reverted, parallelism $parallelism") {
            val flow =
                linear("flow") {
                    task("a") {
                        CoroutineScope(currentCoroutineContext()).launch { throw Broken("x") }
                        awaitCancellation()
                    }
                }
            runTest {
                val outcome = WorkflowEngine { this.parallelism = parallelism }.execute(flow).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                outcome.report.failures
                    .getValue("a")
                    .shouldBeInstanceOf<Broken>()
            }
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

        test("an executor that is shut down fails what it rejects, and the run ends, parallelism $parallelism") {
            val executor = Executors.newSingleThreadExecutor()
            executor.shutdown()
            val flow =
                linear("flow") {
                    task("a") { }
                    task("b") { }
                }
            val engine =
                WorkflowEngine {
                    this.parallelism = parallelism
                    context = executor.asCoroutineDispatcher()
                }
            val report = runBlocking { engine.execute(flow) }.shouldBeInstanceOf<WorkflowOutcome.Failed>().report
            report.failures.getValue("a").shouldBeInstanceOf<RejectedExecutionException>()
            report.revertFailures.keys shouldBe setOf("a")
        }

        test("an executor that is shut down during a task loses no other, parallelism $parallelism") {
            repeat(200) {
                val executor = Executors.newSingleThreadExecutor()
                val calls = AtomicInteger()
                val flow =
                    linear("flow") {
                        task("a") { executor.shutdown() }
                        task("b") { calls.incrementAndGet() }
                    }
                val engine =
                    WorkflowEngine {
                        this.parallelism = parallelism
                        context = executor.asCoroutineDispatcher()
                    }
                // Its thread can be quick enough to take the next task before it is missed.
                when (val outcome = runBlocking { withTimeout(30.seconds) { engine.execute(flow) } }) {
                    is WorkflowOutcome.Success -> {
                        calls.get() shouldBe 1
                    }

                    is WorkflowOutcome.Failed -> {
                        outcome.report.failures
                            .getValue("b")
                            .shouldBeInstanceOf<RejectedExecutionException>()
                        outcome.report.revertFailures.keys shouldBe setOf("b")
                        outcome.report.notReverted shouldContainExactly listOf("a")
                        calls.get() shouldBe 0
                    }

                    else -> {
                        error("$outcome")
                    }
                }
            }
        }
    }

    test("a run does not wait for a worker that has nothing to do and whose thread is busy with something else") {
        val executor = Executors.newSingleThreadExecutor()
        val isOver = CountDownLatch(1)
        val flow = linear("flow") { task("a") { executor.execute { isOver.await() } } }
        val engine =
            WorkflowEngine {
                parallelism = 2
                context = executor.asCoroutineDispatcher()
            }
        runBlocking { withTimeout(30.seconds) { engine.execute(flow) } }.shouldBeInstanceOf<WorkflowOutcome.Success>()
        isOver.countDown()
        executor.shutdown()
    }

    test("a cancelled run ends when the last task that ignores it has ended, and starts none that waits") {
        val said = ConcurrentLinkedQueue<String>()
        val running = CountDownLatch(2)
        val isOver = CountDownLatch(1)
        val flow =
            unordered("flow") {
                for (name in listOf("a", "b", "c")) {
                    task(name) {
                        running.countDown()
                        isOver.await()
                        said += name
                    }
                }
            }
        val engine =
            WorkflowEngine {
                parallelism = 2
                context = Dispatchers.IO
            }
        runBlocking {
            val run = launch(Dispatchers.Default) { engine.execute(flow) }
            run.invokeOnCompletion { said += "the run ends" }
            running.await()
            run.cancel()
            isOver.countDown()
            run.join()
        }
        said.sorted() shouldContainExactly listOf("a", "b", "the run ends")
        said.last() shouldBe "the run ends"
    }

    test("an executor that rejects the second worker leaves all tasks to the first") {
        val calls = AtomicInteger()
        val starts = AtomicInteger()
        val executor =
            Executor {
                if (starts.incrementAndGet() ==
                    2
                ) {
                    throw RejectedExecutionException("full")
                } else {
                    ForkJoinPool.commonPool().execute(it)
                }
            }
        val flow = unordered("flow") { repeat(5) { task("t$it") { calls.incrementAndGet() } } }
        val engine =
            WorkflowEngine {
                parallelism = 2
                context = executor.asCoroutineDispatcher()
            }
        runBlocking { engine.execute(flow) }.shouldBeInstanceOf<WorkflowOutcome.Success>()
        calls.get() shouldBe 5
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
