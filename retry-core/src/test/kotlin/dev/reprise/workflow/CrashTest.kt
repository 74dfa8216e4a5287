package dev.reprise.workflow

import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.times
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.test.runTest

/** Runs [flow] as "run" and returns the store as it would be found if the process had died at [event]. */
private suspend fun diedAt(
    event: String,
    flow: Workflow,
    resolveFailures: Boolean = true,
): WorkflowStore {
    val store = InMemoryWorkflowStore()
    var left: WorkflowStore? = null
    val dying = WorkflowListener { if (left == null && it.toString() == event) left = store.copy() }
    WorkflowEngine(store) {
        listener(dying)
        this.resolveFailures = resolveFailures
    }.execute(flow, id = "run")
    return checkNotNull(left) { "$event was never told" }
}

/** What the next process does after one that died. */
class CrashTest : FunSpec({
    test("what a decider rejects is skipped as a whole, even after a crash in the middle") {
        val said = ArrayList<String>()
        val flow =
            graph("flow") {
                val a = task("a") { }
                val b = task("b") { said += "b" }
                val c = task("c") { said += "c" }
                link(a, b) { false }
                link(b, c)
            }
        runTest {
            val left = diedAt("b IGNORE", flow)
            WorkflowEngine(left).execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
        }
        said.shouldBeEmpty()
    }

    test("a decider that accepted is not called again during the attempts it allowed") {
        var asked = 0
        var calls = 0
        val flow =
            graph("outer") {
                val inner = linear("inner", times(2)) { task("x") { if (calls++ == 0) throw Broken("x") } }
                link(task("a") { }, inner) { asked++ == 0 }
            }
        runTest {
            val left = diedAt("inner_retry RETRYING", flow)
            WorkflowEngine(left).execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
        }
        asked to calls shouldBe (1 to 3)
    }

    test("a controller that crashed before another attempt is reverted with everything else, and so is what came before it") {
        val said = ArrayList<String>()
        val flow =
            linear("root") {
                task("a") { } revert { said += "undo a" }
                unordered("both") {
                    linear("left") {
                        listOf("p1", "p2", "p3").forEach { task(it) { } revert { } }
                        task("b") { throw Broken("b") }
                    }
                    linear("inner", times(2)) { task("x") { throw Broken("x") } }
                }
            }
        runTest {
            val left = diedAt("inner_retry RETRYING", flow)
            said.clear()
            val outcome = WorkflowEngine(left).execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            outcome.report.notReverted.shouldBeEmpty()
        }
        said shouldContainExactly listOf("undo a")
    }

    test("a failure that no controller resolves ends the run after a crash as it would have before") {
        val said = ArrayList<String>()
        val flow =
            unordered("flow") {
                task("a") { throw Broken("a") }
                linear("other") {
                    task("b") { said += "b" }
                    task("c") { said += "c" }
                }
            }
        runTest {
            val left = diedAt("a FAILURE", flow, resolveFailures = false)
            val outcome =
                WorkflowEngine(left) { resolveFailures = false }.execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Failed>()
            outcome.report.stoppedBy.keys shouldBe setOf("a")
        }
        said shouldContainExactly listOf("b")
    }
})
