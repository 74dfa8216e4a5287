package dev.reprise.workflow

import dev.reprise.internal.workflow.plan.PlanCache
import dev.reprise.workflow.model.GraphBuilder
import dev.reprise.workflow.model.RetryController
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowBuilder
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.alwaysRevert
import dev.reprise.workflow.model.alwaysRevertAll
import dev.reprise.workflow.model.forEach
import dev.reprise.workflow.model.times
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.runBlocking
import kotlin.random.Random

private const val FLOWS = 400

/**
 * A random flow and what its tasks did; two of one seed behave alike. Up to [failures] of its tasks fail: in their first calls, or, if they
 * have to be [idempotent], always.
 */
private class RandomFlow(
    seed: Int,
    private val failures: Int = Int.MAX_VALUE,
    private val idempotent: Boolean = false,
) {
    private val random = Random(seed)
    private var next = 0
    private val failing = HashMap<String, Int>()
    val said = ArrayList<String>()
    var isDead = false
    val workflow: Workflow = linear("root", controller()) { repeat(2) { child(2) } }

    private fun WorkflowBuilder.child(depth: Int) {
        val kind = if (depth == 0) 0 else random.nextInt(5)
        when (kind) {
            1 -> linear("w${next++}", controller()) { repeat(random.nextInt(1, 4)) { child(depth - 1) } }
            2 -> unordered("w${next++}", controller()) { repeat(random.nextInt(1, 4)) { child(depth - 1) } }
            3 -> graph("w${next++}", controller()) { linked(depth) }
            else -> leaf()
        }
    }

    private fun GraphBuilder.linked(depth: Int) {
        repeat(random.nextInt(2, 4)) { child(depth - 1) }
        val parts = children.toList()
        for (to in 1 until parts.size) if (random.nextBoolean()) link(parts[random.nextInt(to)], parts[to])
    }

    private fun WorkflowBuilder.leaf() {
        val name = "t${next++}"
        val calls = if (idempotent) Int.MAX_VALUE else random.nextInt(1, 4)
        if (random.nextInt(6) == 0 && failing.size < failures) failing[name] = calls
        task(name) {
            if (isDead) throw Died()
            said += "+$name"
            if (failing.getOrDefault(name, 0) > 0) {
                failing.merge(name, -1, Int::plus)
                throw Broken(name)
            }
        } revertOutcome {
            if (isDead) throw Died()
            said += "-$name"
        }
    }

    private fun controller(): RetryController<*>? =
        when (random.nextInt(6)) {
            0 -> times(random.nextInt(1, 4))
            1 -> forEach(List(random.nextInt(1, 3)) { it })
            2 -> alwaysRevert()
            3 -> if (random.nextBoolean()) alwaysRevertAll() else null
            else -> null
        }
}

private class Died : Error()

/** Where the run and its atoms ended. The moment of the cut decides whether something was reverted or never started. */
private fun end(run: WorkflowRun): Pair<WorkflowState, Map<String, TaskState>> =
    run.state to run.records.associate { it.name to if (it.state == TaskState.PENDING) TaskState.REVERTED else it.state }

class RandomFlowsTest : FunSpec({
    test("each task that ran in the reverted area is reverted exactly once, after all that depend on it; nothing else is") {
        for (seed in 1..FLOWS) {
            val flow = RandomFlow(seed)
            withClue("seed $seed: ${flow.said}") {
                runBlocking { WorkflowEngine { deferReverts = seed % 2 == 0 }.execute(flow.workflow) }.let { outcome ->
                    balanced(flow)
                    if (outcome is WorkflowOutcome.Reverted) {
                        standing(flow.said) shouldContainAll outcome.report.notReverted.filter { it.startsWith("t") }
                    }
                }
            }
        }
    }

    // With a second failure it would matter whether the first was resolved before: TaskFlow's engines differ there as well.
    test("serial and parallel engines end alike and leave the same tasks completed, if one task fails") {
        for (seed in 1..FLOWS) {
            val (serial, parallel) =
                listOf(1, 3).map { parallelism ->
                    val flow = RandomFlow(seed, failures = 1)
                    runBlocking {
                        val run = WorkflowEngine { this.parallelism = parallelism }.open(flow.workflow)
                        run.execute()
                        run.state to standing(flow.said).sorted()
                    }
                }
            withClue("seed $seed") { parallel shouldBe serial }
        }
    }

    test("resumed after a cut at any event, a run ends like the uninterrupted one") {
        for (seed in 1..FLOWS / 4) {
            val whole = RandomFlow(seed, idempotent = true)
            var events = 0
            val end = runBlocking { finished(whole, InMemoryWorkflowStore(), WorkflowListener { events++ }) }
            for (cut in 1..events) {
                withClue(
                    "seed $seed, cut at event $cut",
                ) { runBlocking { afterCut(RandomFlow(seed, idempotent = true), cut) } shouldBe end }
            }
        }
    }
})

private suspend fun finished(
    flow: RandomFlow,
    store: WorkflowStore,
    vararg listeners: WorkflowListener,
): Pair<WorkflowState, Map<String, TaskState>> {
    val run = WorkflowEngine(store) { listeners.forEach(::listener) }.open(flow.workflow, id = "run")
    run.execute()
    return end(run).also { run.close() }
}

/** The store is copied while the event is reported: what comes after it is not in the copy. */
private suspend fun afterCut(
    flow: RandomFlow,
    cut: Int,
): Pair<WorkflowState, Map<String, TaskState>> {
    val store = InMemoryWorkflowStore()
    var left: InMemoryWorkflowStore? = null
    var events = 0
    val killing =
        WorkflowListener {
            if (++events == cut) {
                left = store.copy()
                flow.isDead = true
            }
        }
    try {
        finished(flow, store, killing)
    } catch (_: Died) {
        // Killed inside a task.
    }
    flow.isDead = false
    return finished(flow, checkNotNull(left))
}

/** The tasks that, according to the events, were executed and not reverted since. */
private fun standing(said: List<String>): List<String> {
    val standing = LinkedHashSet<String>()
    said.forEach { if (it[0] == '+') standing += it.drop(1) else standing -= it.drop(1) }
    return standing.toList()
}

private fun balanced(flow: RandomFlow) {
    val plan = PlanCache.planOf(flow.workflow)
    val standing = LinkedHashSet<String>()
    for (line in flow.said) {
        val name = line.drop(1)
        val atom = plan.indexOf(name)!!
        if (line[0] == '+') {
            withClue("$name runs again without a revert") { standing.add(name) shouldBe true }
        } else {
            withClue("$name is reverted without having run") { standing.remove(name) shouldBe true }
            plan.after(atom).forEach {
                withClue("$name is reverted before ${plan.atoms[it].name}") {
                    (plan.atoms[it].name in standing) shouldBe
                        false
                }
            }
        }
    }
}
