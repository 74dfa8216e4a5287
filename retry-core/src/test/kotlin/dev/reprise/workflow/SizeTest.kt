package dev.reprise.workflow

import com.sun.management.ThreadMXBean
import dev.reprise.internal.workflow.plan.PlanCache
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowBuilder
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.alwaysRevert
import dev.reprise.workflow.model.forEach
import dev.reprise.workflow.model.key
import dev.reprise.workflow.model.times
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.runBlocking
import java.lang.management.ManagementFactory

private const val MANY = 100_000
private const val MILLION = 1_000_000
private const val DEEP = 1_000

private suspend fun ends(
    flow: Workflow,
    parallelism: Int = 1,
) = WorkflowEngine { this.parallelism = parallelism }.execute(flow)

class SizeTest : FunSpec({
    test("W7: a hundred thousand tasks, in a row and side by side, forwards and backwards, serial and parallel") {
        for (parallelism in listOf(1, 4)) {
            for (build in listOf(::linear, ::unordered)) {
                val fine = build("fine", null) { repeat(MANY) { task("t$it") { } } }
                runBlocking { ends(fine, parallelism) }.shouldBeInstanceOf<WorkflowOutcome.Success>()
                val failing =
                    build("failing", null) {
                        repeat(MANY) { task("t$it") { } }
                        task("last") { throw Broken("x") }
                    }
                runBlocking { ends(failing, parallelism) }
                    .shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                    .report.notReverted.size shouldBe 0
            }
        }
    }

    test("each of a million tasks is saved when it starts and when it has ended, and takes no more memory than one of a thousand") {
        // The plan of a workflow is made once; those of a thousand tasks run often.
        val flow = linear("row") { repeat(MILLION) { task("t$it") { } } }.also { PlanCache.planOf(it).outline }
        val small = perTask(1_000).bytes
        val store = CountingStore()
        val thread = ManagementFactory.getThreadMXBean() as ThreadMXBean
        val before = thread.currentThreadAllocatedBytes
        runBlocking { WorkflowEngine(store).execute(flow) }.shouldBeInstanceOf<WorkflowOutcome.Success>()
        val bytes = (thread.currentThreadAllocatedBytes - before) / MILLION
        store.saved shouldBe 2 * MILLION
        bytes shouldBeLessThan small * 3 / 2
    }

    test("W7: workflows nested a thousand deep, each with a controller that gives up") {
        fun WorkflowBuilder.nest(depth: Int) {
            task("t$depth") { }
            if (depth == DEEP) {
                task("bottom") { throw Broken("x") }
            } else {
                linear("w${depth + 1}", retry = alwaysRevert()) { nest(depth + 1) }
            }
        }
        val deep = linear("w0") { nest(0) }
        runBlocking { ends(deep) }
            .shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            .report.notReverted.size shouldBe 0
        val values = deepWithValues()
        runBlocking { ends(values) }.shouldBeInstanceOf<WorkflowOutcome.Success>()[key<Int>("sum")] shouldBe DEEP
    }

    test("a hundred thousand tasks that each read the value of the one before, under one name") {
        val sum = key<Int>("sum")
        val chain =
            linear("chain") {
                task("first", provides = sum) { 0 }
                repeat(MANY) { task("t$it", requires = sum, provides = sum) { sum -> sum + 1 } }
            }
        runBlocking { ends(chain) }[sum] shouldBe MANY
    }

    test("many controllers in a row that each retry once do not touch tasks that have not run") {
        val workflows = 2_000
        val flow =
            linear("row") {
                repeat(workflows) {
                    var calls = 0
                    linear("w$it", retry = times(2)) { task("t$it") { if (calls++ == 0) throw Broken("x") } }
                }
            }
        val store = CountingStore()
        runBlocking { WorkflowEngine(store).execute(flow) }.shouldBeInstanceOf<WorkflowOutcome.Success>()
        // Controller: 2 x running and success, the failure, the decision, retrying. Task: 2 x running, failure, intention, reverting, reverted, reset, success.
        store.saved shouldBe workflows * (7 + 8)
    }

    test("forEach compares each of ten thousand values a bounded number of times") {
        val values = List(10_000) { Counted(it) }
        val host = key<Counted>("host")
        val flow =
            linear("hosts", retry = forEach(values, provides = host)) {
                task("a", requires = host) { if (it.number < values.size - 1) throw Broken("x") }
            }
        runBlocking { ends(flow) }.shouldBeInstanceOf<WorkflowOutcome.Success>()
        Counted.comparisons shouldBeLessThan 10L * values.size
    }

    test("an attempt of a controller costs the same behind a hundred thousand others") {
        val small = perAttempt(2_000)
        val large = perAttempt(MANY)
        large.bytes shouldBeLessThan small.bytes * 2
    }

    test("workflows nested three thousand deep tell what they require and provide") {
        val deepest = 3_000
        val sum = key<Int>("sum")

        fun WorkflowBuilder.nest(depth: Int) {
            task("t$depth", requires = sum, provides = key<Int>("from $depth")) { it }
        }
        var flow = linear("w0") { nest(0) }
        repeat(deepest) { depth ->
            val inner = flow
            flow = linear("w${depth + 1}") { add(inner) }
        }
        flow.requires shouldBe setOf("sum")
        flow.provides shouldBe setOf("from 0")
    }

    test("a task costs the same in a row of a hundred thousand as in one of a thousand") {
        val small = perTask(1_000)
        val large = perTask(MANY)
        println("workflow: per task $small in a row of 1 000, $large in a row of $MANY")
        large.bytes shouldBeLessThan small.bytes * 3 / 2
        // How fast it is, benchmarks show. Only the growth is tested: n² would be a hundred, and a busy machine has taken five.
        large.nanos shouldBeLessThan small.nanos * 30
    }
})

/** Counts how often any two of them are compared. */
private class Counted(
    val number: Int,
) {
    override fun equals(other: Any?): Boolean {
        comparisons++
        return other is Counted && other.number == number
    }

    override fun hashCode(): Int = number

    companion object {
        var comparisons = 0L
    }
}

private fun perAttempt(attempts: Int): Cost {
    val thread = ManagementFactory.getThreadMXBean() as ThreadMXBean
    val flow = linear("flow", retry = times(attempts)) { task("a") { throw FAILURE } }
    val before = Cost(thread.currentThreadCpuTime, thread.currentThreadAllocatedBytes)
    runBlocking { ends(flow) }
    return Cost((thread.currentThreadCpuTime - before.nanos) / attempts, (thread.currentThreadAllocatedBytes - before.bytes) / attempts)
}

private val FAILURE = Broken("x")

private class CountingStore(
    private val store: InMemoryWorkflowStore = InMemoryWorkflowStore(),
) : WorkflowStore by store {
    var saved = 0

    override suspend fun open(
        run: String,
        isExecuted: Boolean,
    ): RunJournal {
        val journal = store.open(run, isExecuted)
        return object : RunJournal by journal {
            override suspend fun save(records: List<TaskRecord>) {
                saved += records.size
                journal.save(records)
            }
        }
    }
}

private data class Cost(
    val nanos: Long,
    val bytes: Long,
)

/** Time on the processor and memory allocated, the best of some rounds, all of which run as many tasks. */
private fun perTask(tasks: Int): Cost {
    val flow = linear("row") { repeat(tasks) { task("t$it") { } } }
    val thread = ManagementFactory.getThreadMXBean() as ThreadMXBean
    val rounds =
        List(8) {
            val before = Cost(thread.currentThreadCpuTime, thread.currentThreadAllocatedBytes)
            repeat(MANY / tasks) { runBlocking { ends(flow) } }
            Cost((thread.currentThreadCpuTime - before.nanos) / MANY, (thread.currentThreadAllocatedBytes - before.bytes) / MANY)
        }
    return Cost(rounds.minOf { it.nanos }, rounds.minOf { it.bytes })
}

private fun deepWithValues(): Workflow {
    val sum = key<Int>("sum")

    fun WorkflowBuilder.nest(depth: Int) {
        task("t$depth", requires = sum, provides = sum) { it + 1 }
        if (depth < DEEP) linear("w${depth + 1}") { nest(depth + 1) }
    }
    return linear("w0") {
        task("zero", provides = sum) { 0 }
        linear("w1") { nest(1) }
    }
}
