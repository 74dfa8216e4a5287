package dev.reprise.workflow

import dev.reprise.retryPolicy
import dev.reprise.workflow.model.DeciderDepth
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowProblem
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.model.key
import dev.reprise.workflow.model.times
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.test.runTest
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds

/** Whatever it is asked, it throws. */
private class Hostile(
    private val name: String,
) : IOException() {
    override val message: String get() = throw IllegalStateException("$name has no message")

    override val cause: Throwable get() = throw IllegalStateException("$name has no cause")

    override fun toString(): String = throw IllegalStateException("$name has no text")

    override fun equals(other: Any?): Boolean = throw IllegalStateException("$name cannot be compared")

    override fun hashCode(): Int = throw IllegalStateException("$name has no hash")
}

/** What a user's exception or value does when it is asked never breaks a run. */
class HostileObjectsTest : FunSpec({
    val stores = mapOf("live" to { InMemoryWorkflowStore() }, "stored" to { InMemoryWorkflowStore(ValueCodec.Json) })
    for ((kind, newStore) in stores) {
        for (parallelism in listOf(1, 2)) {
            test("failures that cannot be asked are retried, undone and reported like others, $kind, parallelism $parallelism") {
                runTest {
                    val said = ArrayList<String>()
                    val policy =
                        retryPolicy {
                            every(1.milliseconds)
                            on<IOException>()
                            maxAttempts(2)
                        }
                    val flow =
                        linear("flow", retry = times(2)) {
                            task("book") { said += "book" } revert { said += "cancel" }
                            unordered("pay", retry = byPolicy(policy)) {
                                task("a") { throw Hostile("a") }
                                task("b") { throw Hostile("b") }
                            }
                        }
                    val engine = virtualEngine(newStore()) { this.parallelism = parallelism }
                    val run = engine.open(flow, id = "run")
                    val outcome = run.execute().shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                    said shouldContainExactly listOf("book", "cancel", "book", "cancel")
                    run.records.map { "${it.name} ${it.executions}" } shouldContainExactly
                        listOf("flow_retry 2", "book 2", "pay_retry 4", "a 4", "b 4")
                    outcome.toString() shouldContain "flow ended as REVERTED; failed: a (dev.reprise.workflow.Hostile"
                    outcome.report.causes.size shouldBe 2
                    runCatching { outcome.orThrow() }.exceptionOrNull() shouldBe outcome.report
                    run.close()
                    engine.read("run")!!.tasks.map { it.state.name } shouldContainExactly List(5) { "REVERTED" }
                }
            }

            test("a revert, a condition, a controller that throw such failures end the run as FAILURE, $kind, parallelism $parallelism") {
                runTest {
                    val engine = virtualEngine(newStore()) { this.parallelism = parallelism }
                    val revert =
                        linear("revert") {
                            task("a") { } revert { throw Hostile("revert") }
                            task("b") { throw Hostile("b") }
                        }
                    val condition =
                        graph("condition") {
                            val a = task("a") { }
                            val b = task("b") { }
                            link(a, b, DeciderDepth.ALL) { throw Hostile("condition") }
                        }
                    for ((flow, by) in mapOf(revert to "a", condition to "b")) {
                        val outcome = engine.execute(flow, id = flow.name).shouldBeInstanceOf<WorkflowOutcome.Failed>()
                        outcome.report.stoppedBy.keys shouldContainExactly setOf(by)
                        outcome.toString() shouldContain "stopped by $by"
                    }
                }
            }
        }
    }

    test("a codec that throws such failures fails the task, or the run before anything has run") {
        runTest {
            val codec =
                object : ValueCodec by ValueCodec.Json {
                    override fun encode(value: Any?): String = if (value == "bad") throw Hostile("codec") else ValueCodec.Json.encode(value)
                }
            val x = key<String>("x")
            val engine = virtualEngine(InMemoryWorkflowStore(codec))
            val outcome = engine.execute(linear("flow") { task("a") { "bad" } }).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            outcome.toString() shouldContain "the store cannot keep the result of a"
            shouldThrow<dev.reprise.workflow.model.UnstorableInputException> {
                engine.execute(linear("flow") { task("a", requires = x) { } }, Inputs.of(x, "bad"))
            }
        }
    }

    test("an input that cannot be compared is another one than that of the stored run") {
        runTest {
            val x = key<Any>("x")
            val flow = linear("flow") { task("a", requires = x) { } }
            val engine = virtualEngine(InMemoryWorkflowStore())
            engine.execute(flow, Inputs.of(x, Hostile("one")), id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
            shouldThrow<InvalidWorkflowException> { engine.execute(flow, Inputs.of(x, Hostile("two")), id = "run") }.problem shouldBe
                WorkflowProblem.OTHER_INPUTS
        }
    }
})
