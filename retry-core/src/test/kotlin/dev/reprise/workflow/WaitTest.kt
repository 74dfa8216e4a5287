@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.workflow

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.retryPolicy
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowEvent
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.model.times
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.File
import java.time.Instant
import java.time.InstantSource
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.toJavaDuration

private fun TestScope.minute(): Long = currentTime.milliseconds.inWholeMinutes

/** Tries every hour; each entry of [tries] is the minute of a try, and the [succeeds]th succeeds. */
private fun TestScope.hourly(
    tries: MutableList<Long>,
    succeeds: Int = 2,
): Workflow {
    val policy =
        retryPolicy {
            every(1.hours)
            maxAttempts(9)
        }
    return linear("hourly", byPolicy(policy)) {
        task("a") {
            tries += minute()
            if (tries.size < succeeds) throw Broken("a")
        }
    }
}

/** A delay of a controller ends at an instant, in whatever process. */
class WaitTest : FunSpec({
    for (parallelism in listOf(1, 2)) {
        test("suspension ends a wait immediately, and the run that continues waits for what is left, parallelism $parallelism") {
            runTest {
                val tries = ArrayList<Long>()
                val engine = virtualEngine { this.parallelism = parallelism }
                val flow = hourly(tries)
                val run = engine.open(flow, id = "run")
                val first = async { run.execute() }
                advanceTimeBy(20.minutes)
                run.requestSuspension()
                val outcome = first.await().shouldBeInstanceOf<WorkflowOutcome.Suspended>()
                minute() shouldBe 20
                outcome.dueAt shouldBe Instant.EPOCH + 1.hours.toJavaDuration()
                run.close()
                advanceTimeBy(10.minutes)
                engine.execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
                tries shouldContainExactly listOf(0, 60)
            }
        }

        test("on SQLite: the instant is stored, and a run that is resumed later than that waits no more, parallelism $parallelism") {
            val now = AtomicReference(Instant.EPOCH)
            val waits = CompletableDeferred<Unit>()
            val tries = AtomicInteger()
            val flow =
                linear("flow", byPolicy(retryPolicy { every(1.hours).maxAttempts(2) })) {
                    task("a") { if (tries.incrementAndGet() == 1) throw Broken("a") }
                }
            val store = JdbcWorkflowStore(SqliteDataSource(File(tempdir(), "runs.db").toPath())).also { it.migrate() }
            val engine =
                WorkflowEngine(store) {
                    this.parallelism = parallelism
                    clock = InstantSource(now::get)
                    listener {
                        if (it is WorkflowEvent.TaskChanged && it.isController &&
                            it.from == TaskState.RETRYING
                        ) {
                            waits.complete(Unit)
                        }
                    }
                }
            coroutineScope {
                val run = engine.open(flow, id = "run")
                val first = async(Dispatchers.Default) { run.execute() }
                waits.await()
                run.requestSuspension()
                first.await().shouldBeInstanceOf<WorkflowOutcome.Suspended>().dueAt shouldBe Instant.EPOCH + 1.hours.toJavaDuration()
                run.close()
            }
            now.set(Instant.EPOCH + 2.hours.toJavaDuration())
            engine.execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
            tries.get() shouldBe 2
            store.close()
        }
    }

    test("a run that is suspended again and again while it waits is not late") {
        runTest {
            val tries = ArrayList<Long>()
            val engine = virtualEngine()
            val flow = hourly(tries, succeeds = 3)
            val run = engine.open(flow, id = "run")
            while (run.state != WorkflowState.SUCCESS) {
                launch { run.execute() }
                advanceTimeBy(7.minutes)
                run.requestSuspension()
                testScheduler.runCurrent()
            }
            tries shouldContainExactly listOf(0, 60, 120)
        }
    }

    test("a serial engine continues other branches while a controller waits") {
        runTest {
            val said = ArrayList<String>()
            val policy =
                retryPolicy {
                    every(1.hours)
                    maxAttempts(2)
                }
            var calls = 0
            val flow =
                unordered("branches") {
                    linear("slow", byPolicy(policy)) { task("a") { if (++calls == 1) throw Broken("a") else said += "a ${minute()}" } }
                    linear("quick") {
                        task("b") { said += "b ${minute()}" }
                        task("c") { said += "c ${minute()}" }
                    }
                }
            virtualEngine().executeOrThrow(flow)
            said shouldContainExactly listOf("b 0", "c 0", "a 60")
        }
    }

    test("a revert that fails ends the run without waiting for the delay of another branch") {
        runTest {
            var calls = 0
            val policy =
                retryPolicy {
                    every(1.hours)
                    maxAttempts(2)
                }
            val flow =
                unordered("branches") {
                    linear("slow", byPolicy(policy)) { task("a") { if (++calls == 1) throw Broken("a") } }
                    linear("broken", retry = times(2)) {
                        task("b") { } revert { throw Broken("undo b") }
                        task("c") { throw Broken("c") }
                    }
                }
            virtualEngine { parallelism = 2 }.execute(flow).shouldBeInstanceOf<WorkflowOutcome.Failed>()
            minute() shouldBe 0
        }
    }
})
