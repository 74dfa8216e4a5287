package dev.reprise.workflow

import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.WorkflowProblem
import dev.reprise.workflow.model.forEach
import dev.reprise.workflow.model.key
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.runTest

private fun refused(
    problem: WorkflowProblem,
    message: String,
    build: () -> Unit,
) {
    val refusal = shouldThrow<InvalidWorkflowException> { build() }
    refusal.problem shouldBe problem
    refusal.message shouldBe message
}

/** W8: what cannot work is rejected as early as it can be known, and the message names what is wrong. */
class RefusalTest : FunSpec({
    val x = key<String>("x")
    val y = key<String>("y")

    test("two atoms with the same name") {
        refused(WorkflowProblem.DUPLICATE_NAME, "two atoms are named a: one in outer, one in inner") {
            linear("outer") {
                task("a") { }
                linear("inner") { task("a") { } }
            }
        }
    }

    test("one workflow in two places") {
        val part = linear("part") { task("a") { } }
        refused(WorkflowProblem.DUPLICATE_NAME, "the workflow part is in twice twice") {
            linear("twice") {
                add(part)
                add(part)
            }
        }
    }

    test("tasks that wait for each other") {
        refused(WorkflowProblem.CYCLE, "in the graph g, a -> b -> a wait for each other") {
            graph("g") {
                task("a", requires = y, provides = x) { it }
                task("b", requires = x, provides = y) { it }
                task("c", requires = y) { }
            }
        }
    }

    test("several providers in a graph") {
        refused(
            WorkflowProblem.AMBIGUOUS_PROVIDER,
            "in the graph g, c requires \"x\", which a and b provide: give them different keys",
        ) {
            graph("g") {
                task("a", provides = x) { "" }
                task("b", provides = x) { "" }
                task("c", requires = x) { }
            }
        }
    }

    test("a link out of the graph") {
        refused(WorkflowProblem.BAD_LINK, "the link from a to part leaves the graph g: part is no child of it") {
            val part = linear("part") { task("p") { } }
            graph("g") { link(task("a") { }, part) }
        }
    }

    test("a value of another type") {
        refused(WorkflowProblem.WRONG_TYPE, "b requires \"x\" as Integer, but a provides it as String") {
            linear("types") {
                task("a", provides = x) { "" }
                task("b", requires = key<Int>("x")) { }
            }
        }
    }

    test("nothing to try") {
        refused(WorkflowProblem.NOTHING_TO_TRY, "the controller none_retry has no values to try") {
            linear("none", retry = forEach(emptyList<String>())) { task("a") { } }
        }
    }

    test("missing inputs, all of them, before anything runs") {
        val flow =
            linear("missing") {
                task("a") { error("must not run") }
                task("b", requires = x) { }
                task("c", requires = y) { }
            }
        runTest {
            val refusal = shouldThrow<InvalidWorkflowException> { WorkflowEngine().executeOrThrow(flow) }
            refusal.message shouldBe "no task provides \"x\" for b, \"y\" for c in missing"
        }
    }

    test("siblings of an unordered workflow do not provide for each other") {
        val flow =
            unordered("siblings") {
                task("a", provides = x) { "" }
                task("b", requires = x) { }
            }
        runTest {
            shouldThrow<InvalidWorkflowException> { WorkflowEngine().executeOrThrow(flow) }.problem shouldBe
                WorkflowProblem.MISSING_INPUT
        }
    }

    test("an input of another type") {
        val flow = linear("inputs") { task("a", requires = x) { } }
        runTest {
            val refusal = shouldThrow<InvalidWorkflowException> { WorkflowEngine().executeOrThrow(flow, Inputs.of(key<Int>("x"), 1)) }
            refusal.message shouldBe "a requires \"x\" as String, but the input is Integer"
        }
    }

    test("a stored run whose workflow has changed") {
        val store = InMemoryWorkflowStore()
        val before = linear("flow") { task("a") { throw Broken("x") } }
        val after = linear("flow") { task("b") { }.version("2.0") }
        runTest {
            WorkflowEngine(store).execute(before, id = "run")
            val refusal = shouldThrow<InvalidWorkflowException> { WorkflowEngine(store).execute(after, id = "run") }
            refusal.message shouldBe "the stored run belongs to another version of flow: it had the task 1.0 a, it has the task 2.0 b"
            WorkflowEngine(store).execute(before, id = "run")
        }
    }
})
