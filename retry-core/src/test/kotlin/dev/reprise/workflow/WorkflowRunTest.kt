@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.workflow

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.retryPolicy
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.model.forEach
import dev.reprise.workflow.model.times
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

class WorkflowRunTest : FunSpec({
    for (parallelism in listOf(1, 2)) {
        test("closing a run cancels its running tasks, and releases it only when they have ended, parallelism $parallelism") {
            val said = ArrayList<String>()
            val started = CompletableDeferred<Unit>()
            val store = InMemoryWorkflowStore()
            val flow =
                linear("flow") {
                    task("a") {
                        said += "a"
                        if (!started.complete(Unit)) return@task
                        try {
                            awaitCancellation()
                        } finally {
                            withContext(NonCancellable) { delay(1.seconds) }
                            said += "a ended"
                        }
                    }
                }
            runTest {
                val run = WorkflowEngine(store) { this.parallelism = parallelism }.open(flow, id = "run")
                supervisorScope {
                    val end = async { run.execute() }
                    started.await()
                    run.close()
                    shouldThrow<CancellationException> { end.await() }.message shouldBe "the run of flow was closed"
                }
                WorkflowEngine(store).execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
            }
            said shouldContainExactly listOf("a", "a ended", "a")
        }
    }

    for (parallelism in listOf(1, 2)) {
        test("a task that is cancelled with its run as soon as it starts has not failed, parallelism $parallelism") {
            runTest {
                var calls = 0
                lateinit var caller: Job
                val flow =
                    linear("flow") {
                        task("a") {
                            if (++calls > 1) return@task
                            caller.cancel()
                            awaitCancellation()
                        }
                    }
                val store = InMemoryWorkflowStore()
                val engine =
                    WorkflowEngine(store) {
                        this.parallelism = parallelism
                        context = Dispatchers.Unconfined
                    }
                caller = launch { engine.execute(flow, id = "run") }
                caller.join()
                store
                    .read("run")!!
                    .tasks
                    .single()
                    .state shouldBe TaskState.RUNNING
                engine.execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
                calls shouldBe 2
            }
        }
    }

    test("a run that was closed is neither executed nor reset") {
        val said = ArrayList<String>()
        runTest {
            val run = WorkflowEngine().open(linear("flow") { task("a") { said += "a" } })
            run.close()
            shouldThrow<CancellationException> { run.execute() }
            shouldThrow<CancellationException> { run.reset() }
            run.state shouldBe WorkflowState.PENDING
        }
        said shouldBe emptyList()
    }

    test("a run without an id is forgotten by a store in memory when it has ended well; others stay") {
        runTest {
            val store = InMemoryWorkflowStore()
            val engine = WorkflowEngine(store)
            val fine = linear("fine") { task("a") { } }
            engine.execute(fine)
            engine.execute(linear("reverted") { task("a") { throw Broken("x") } })
            store.runs().runs shouldBe emptyList()
            engine.execute(fine, id = "named")
            engine.open(linear("not executed") { task("a") { } }).close()
            engine.open(fine).also { it.execute() }.close()
            WorkflowEngine(store) { resolveFailures = false }.execute(linear("failed") { task("a") { throw Broken("x") } })
            store.runs().runs.map { it.workflow } shouldContainExactlyInAnyOrder listOf("fine", "not executed", "failed")
        }
    }

    test("events are numbered, and say how often a task has started and how long it took") {
        runTest {
            val lines = ArrayList<String>()
            var calls = 0
            val flow =
                linear("flow", retry = times(2)) {
                    task("a") {
                        delay(3.seconds)
                        if (++calls == 1) throw Broken("x")
                    }
                }
            val engine =
                virtualEngine {
                    listener {
                        if (it is WorkflowEvent.TaskChanged && it.task == "a") lines += "${it.seq} ${it.to} ${it.execution} ${it.elapsed}"
                    }
                }
            engine.execute(flow)
            lines.first() shouldBe "4 RUNNING 1 0s"
            lines.filter { "FAILURE" in it || "SUCCESS" in it }.map { it.substringAfter(' ') } shouldContainExactly
                listOf("FAILURE 1 3s", "SUCCESS 2 3s")
        }
    }

    test("one exception that ends many runs carries one report, that of the last") {
        runTest {
            val failure = Broken("x")
            val outcomes = List(100) { WorkflowEngine().execute(linear("flow $it") { task("a") { throw failure } }) }
            outcomes.forEach { shouldThrow<Broken> { it.orThrow() } }
            failure.suppressed.map { (it as WorkflowFailedException).workflow } shouldContainExactly listOf("flow 99")
            (outcomes.first() as WorkflowOutcome.Reverted).report.workflow shouldBe "flow 0"
        }
    }

    test("times and forEach give up when the machine fails") {
        runTest {
            for (controller in listOf(times(3), forEach(listOf(1, 2, 3)))) {
                var calls = 0
                val flow =
                    linear("flow", retry = controller) {
                        task("a") {
                            calls++
                            throw OutOfMemoryError("none")
                        }
                    }
                WorkflowEngine().execute(flow).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                calls shouldBe 1
            }
        }
    }

    test("a task that exceeds its limit is cancelled and has failed, as its controllers decide; its revert has no limit") {
        runTest {
            val said = ArrayList<String>()
            val flow =
                linear("flow", retry = times(2)) {
                    task("a") {
                        said += "a $currentTime"
                        delay(if (said.size == 1) 3_000 else 1_000)
                    }.timeout(2.seconds).revertOutcome {
                        delay(5_000)
                        said += "undo $currentTime"
                    }
                }
            virtualEngine().execute(flow).shouldBeInstanceOf<WorkflowOutcome.Success>()
            said shouldContainExactly listOf("a 0", "undo 7000", "a 7000")
            val once = linear("once") { task("a") { delay(3_000) }.timeout(2.seconds) }
            shouldThrow<AttemptTimeoutException> { virtualEngine().executeOrThrow(once) }.message shouldBe "attempt 1 timed out after 2s"
            shouldThrow<IllegalArgumentException> { linear("none") { task("a") { }.timeout(0.seconds) } }.message shouldBe
                "the timeout of a must be positive, but was 0s"
        }
    }

    test("an outcome prints what happened") {
        runTest {
            val fine = linear("fine") { task("a") { 1 } }
            val broken = linear("broken") { task("a") { throw Broken("x") } }
            WorkflowEngine().execute(fine).toString() shouldBe "Success {result of a=1}"
            WorkflowEngine().execute(broken).toString() shouldBe "broken ended as REVERTED; failed: a (dev.reprise.workflow.Broken: x)"
        }
    }

    test("an outcome of a run that waits, or that stopped, prints until when, or by what") {
        runTest {
            val waiting =
                linear("waiting", retry = byPolicy(retryPolicy { every(1.hours).maxAttempts(2) })) { task("a") { throw Broken("x") } }
            val run = virtualEngine().open(waiting)
            run.execute(patience = 1.seconds).toString() shouldBe "Suspended {}, next attempt at 1970-01-01T01:00:00Z"
            run.close()
            val stuck =
                linear("stuck") {
                    task("a") { 1 } revert { throw Broken("y") }
                    task("b") { throw Broken("x") }
                }
            WorkflowEngine().execute(stuck).toString() shouldBe
                "stuck ended as FAILURE; stopped by a (dev.reprise.workflow.Broken: y); failed: b (dev.reprise.workflow.Broken: x); " +
                "not reverted because its revert failed: a (dev.reprise.workflow.Broken: y)"
        }
    }
})
