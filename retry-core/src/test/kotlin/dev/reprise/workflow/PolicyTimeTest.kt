@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.workflow

import dev.reprise.retryPolicy
import dev.reprise.workflow.model.byPolicy
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** Runs a flow that tries [task] every hour [maxDuration] a time; its process dies after [cut], and another one continues immediately. */
private suspend fun TestScope.runCut(
    within: Duration,
    cut: Duration,
    task: suspend (Int) -> Unit,
): List<Long> {
    val minutes = ArrayList<Long>()
    val policy =
        retryPolicy {
            every(1.hours)
            maxDuration(within)
        }
    val flow =
        linear("flow", byPolicy(policy)) {
            task("a") {
                minutes += currentTime.milliseconds.inWholeMinutes
                task(minutes.size)
                throw Broken("a")
            }
        }
    val engine = virtualEngine(InMemoryWorkflowStore())
    val first = launch { engine.execute(flow, id = "run") }
    delay(cut)
    first.cancel()
    first.join()
    engine.execute(flow, id = "run")
    return minutes
}

/** The time of a policy is that of the run, however many processes execute it. */
class PolicyTimeTest : FunSpec({
    test("a resumed run has the remaining time, not all of it again") {
        runTest {
            val minutes = runCut(within = 150.minutes, cut = 121.minutes) { if (it == 3) awaitCancellation() }
            minutes shouldContainExactly listOf(0, 60, 120, 121)
        }
    }

    test("the time of an attempt after the run was resumed is counted") {
        runTest {
            val minutes =
                runCut(within = 210.minutes, cut = 121.minutes) {
                    if (it == 3) {
                        awaitCancellation()
                    } else if (it == 4) {
                        delay(1.hours)
                    }
                }
            minutes shouldContainExactly listOf(0, 60, 120, 121)
        }
    }

    test("a run that continues in the middle of a wait waits for what is left, and the wait counts once") {
        runTest {
            val minutes = runCut(within = 210.minutes, cut = 30.minutes) { }
            minutes shouldContainExactly listOf(0, 60, 120, 180)
        }
    }
})
