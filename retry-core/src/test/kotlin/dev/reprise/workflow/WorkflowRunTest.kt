package dev.reprise.workflow

import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
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

    test("an outcome prints what happened") {
        runTest {
            val fine = linear("fine") { task("a") { 1 } }
            val broken = linear("broken") { task("a") { throw Broken("x") } }
            WorkflowEngine().execute(fine).toString() shouldBe "Success {result of a=1}"
            WorkflowEngine().execute(broken).toString() shouldBe "broken ended as REVERTED; failed: a (dev.reprise.workflow.Broken: x)"
        }
    }
})
