@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.workflow

import dev.reprise.RetryPolicy
import dev.reprise.retryPolicy
import dev.reprise.workflow.model.ControllerDecision
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.RetryController
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.model.key
import dev.reprise.workflow.model.times
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

/** When, in virtual milliseconds, each attempt ran, and how the run ended. */
private suspend fun TestScope.attempts(
    retry: RetryController<*>,
    parallelism: Int = 1,
    failure: (Int) -> Throwable?,
): Pair<List<Long>, WorkflowOutcome> {
    val times = ArrayList<Long>()
    val flow =
        linear("flow", retry) {
            task("a") {
                times += currentTime
                failure(times.size)?.let { throw it }
            }
        }
    val outcome =
        WorkflowEngine {
            this.parallelism = parallelism
            timeSource = testScheduler.timeSource
        }.execute(flow)
    return times to outcome
}

class ControllerTest : FunSpec({
    val everyMinute: RetryPolicy =
        retryPolicy {
            every(60.seconds)
            maxAttempts(3)
            on<IOException>()
        }

    test("a policy's waits pass in virtual time, in serial and in parallel") {
        for (parallelism in listOf(1, 4)) {
            runTest {
                val (times, outcome) = attempts(byPolicy(everyMinute), parallelism) { if (it < 3) IOException("$it") else null }
                times shouldContainExactly listOf(0, 60_000, 120_000)
                outcome.shouldBeInstanceOf<WorkflowOutcome.Success>()
            }
        }
    }

    test("a policy gives up by count, by kind of failure and by time") {
        runTest { attempts(byPolicy(everyMinute)) { IOException("$it") }.first.size shouldBe 3 }
        runTest { attempts(byPolicy(everyMinute)) { Broken("$it") }.first.size shouldBe 1 }
        runTest {
            val policy =
                retryPolicy {
                    every(1.hours)
                    maxDuration(150.seconds * 60)
                }
            attempts(byPolicy(policy)) { Broken("$it") }.first shouldContainExactly listOf(0, 3_600_000, 7_200_000)
        }
    }

    test("one branch waits while another continues, in a parallel engine") {
        val said = ArrayList<String>()
        val flow =
            unordered("branches") {
                linear("slow", retry = byPolicy(everyMinute)) {
                    task("a") { if (said.size < 2) throw IOException("x") else said += "a" }
                }
                linear("quick") {
                    task("b") { said += "b" }
                    task("c") { said += "c" }
                }
            }
        runTest { WorkflowEngine { parallelism = 2 }.executeOrThrow(flow) }
        said shouldContainExactly listOf("b", "c", "a")
    }

    test("a custom controller decides by the history, and provides any value") {
        val size = key<Int>("size")
        val halving =
            object : RetryController<Int>("halving", provides = size) {
                override suspend fun execute(history: ControllerHistory) = history.attempts.fold(8) { size, _ -> size / 2 }

                override fun onFailure(history: ControllerHistory) =
                    if (history.causedBy<Broken>()) ControllerDecision.Retry(delay = 1.seconds) else ControllerDecision.RevertAll
            }
        val tried = ArrayList<Int>()
        val flow =
            linear("flow", halving) {
                task("a", requires = size) {
                    tried += it
                    if (it > 2) throw IllegalStateException(Broken("too large"))
                }
            }
        runTest {
            WorkflowEngine().executeOrThrow(flow)
            currentTime shouldBe 2_000
        }
        tried shouldContainExactly listOf(8, 4, 2)
    }

    test("deferReverts, the default, undoes the outer flow as well; without it only the inner one, and the report says so") {
        fun flow(said: MutableList<String>) =
            linear("outer") {
                task("a") { } revert { said += "undo a" }
                linear("inner", retry = times(1)) {
                    task("b") { } revert { said += "undo b" }
                    task("c") { throw Broken("c") }
                }
            }
        for ((defer, undone, left) in listOf(
            Triple(true, listOf("undo b", "undo a"), emptyList()),
            Triple(false, listOf("undo b"), listOf("a")),
        )) {
            val said = ArrayList<String>()
            runTest {
                val outcome = WorkflowEngine { deferReverts = defer }.execute(flow(said)).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                outcome.report.notReverted shouldContainExactly left
            }
            said shouldContainExactly undone
        }
    }

    test("a failure of an earlier attempt is not among those that ended the run") {
        val flow =
            linear("flow", retry = times(2)) {
                var calls = 0
                task("a") { if (calls++ == 0) throw Broken("a") }
                task("b") { throw Broken("b") }
            }
        runTest {
            val outcome = WorkflowEngine().execute(flow).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            outcome.report.failures.keys shouldContainExactly setOf("b")
        }
    }

    test("a single failure is thrown unchanged, with the report attached; several are thrown as the report") {
        val single = linear("single") { task("a") { throw Broken("a") } }
        val several =
            unordered("several") {
                task("a") { throw Broken("a") }
                task("b") { throw Broken("b") }
            }
        runTest {
            val thrown = shouldThrow<Broken> { WorkflowEngine().executeOrThrow(single) }
            thrown.suppressed
                .single()
                .shouldBeInstanceOf<WorkflowFailedException>()
                .message shouldBe
                "single ended as REVERTED; failed: a (dev.reprise.workflow.Broken: a)"
            shouldThrow<WorkflowFailedException> {
                WorkflowEngine().executeOrThrow(
                    several,
                )
            }.suppressed.map { it.message } shouldContainExactly
                listOf("a", "b")
        }
    }
})
