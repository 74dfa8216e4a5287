package dev.reprise.workflow

import dev.reprise.retryPolicy
import dev.reprise.testing.logLines
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.byPolicy
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.runTest
import java.time.Instant
import kotlin.time.Duration.Companion.minutes

private fun logged(play: suspend (WorkflowEngine) -> Unit): List<String> =
    logLines("dev.reprise.workflow") { runTest { play(virtualEngine()) } }

class RunLogTest : FunSpec({
    test("the end of a run is logged: the worse, the louder") {
        val lines =
            logged { engine ->
                engine.execute(linear("good") { task("a") { } }, id = "1")
                engine.execute(
                    linear("undone") {
                        task("a") { } revert { }
                        task("b") { throw Broken("4711") }
                    },
                    id = "2",
                )
                engine.execute(
                    linear("stuck") {
                        task("a") { } revert { throw Defect("4711") }
                        task("b") { throw Broken("4711") }
                    },
                    id = "3",
                )
            }
        lines shouldContainExactly
            listOf(
                "workflow FINE run=1 workflow=good succeeded",
                "workflow WARNING run=2 workflow=undone was reverted; stopped by b (dev.reprise.workflow.Broken)",
                "workflow SEVERE run=3 workflow=stuck failed; stopped by a (dev.reprise.workflow.Defect); " +
                    "revert failed: a (dev.reprise.workflow.Defect)",
            )
    }

    test("a flood of reverted runs is summed up") {
        val lines =
            logged { engine ->
                val flow = linear("undone") { task("a") { throw Broken("x") } }
                repeat(15) { engine.execute(flow) }
                kotlinx.coroutines.delay(1.minutes)
                engine.execute(flow)
            }
        lines.size shouldBe 12
        lines[10] shouldBe "workflow WARNING undone: 5 more runs were reverted: Broken 5"
    }

    test("listeners are notified of what controllers decide, and until when they wait at least") {
        val told = ArrayList<String>()
        runTest {
            val engine =
                virtualEngine {
                    listener { if (it is WorkflowEvent.Decided) told += "$it until ${it.until}" }
                }
            val policy =
                retryPolicy {
                    every(1.minutes)
                    maxAttempts(2)
                }
            engine.execute(linear("flow", byPolicy(policy)) { task("a") { throw Broken("x") } }, id = "1")
        }
        told shouldContainExactly
            listOf(
                "flow_retry decided Retry(1m) until ${Instant.ofEpochSecond(60)}",
                "flow_retry decided Revert until null",
            )
    }
})
