package dev.reprise.internal.engine

import dev.reprise.retry
import dev.reprise.run.StopSignal
import dev.reprise.testing.Broken
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.seconds

@OptIn(ExperimentalCoroutinesApi::class)
class StopSignalSpec : FunSpec({
    test("a signal is triggered immediately, whatever children its job has") {
        val signal = StopSignal()
        val child = Job(signal.job)
        signal.stop("now") shouldBe true
        signal.isStopped shouldBe true
        signal.stop("again") shouldBe false
        signal.job.isCompleted shouldBe false
        child.complete()
        signal.job.isCompleted shouldBe true
    }

    test("a run in a child of the signal's job that listens to the signal ends with it") {
        runTest {
            val signal = StopSignal()
            val run =
                CoroutineScope(coroutineContext + signal.job).launch {
                    val reconnect =
                        retry {
                            every(60.seconds)
                            forever()
                            stopWhen(signal)
                        }
                    runCatching { reconnect { throw Broken("a") } }
                }
            testScheduler.advanceTimeBy(90.seconds)
            signal.stop()
            run.join()
            currentTime shouldBe 90_000
            signal.job.isCompleted shouldBe true
        }
    }

    test("cancelling the job triggers the signal") {
        val signal = StopSignal()
        Job(signal.job)
        signal.job.cancel()
        signal.isStopped shouldBe true
    }

    test("a cancelled job stops the runs immediately, not when its children have ended") {
        runTest {
            val job = Job()
            val child =
                CoroutineScope(coroutineContext + job).launch {
                    try {
                        awaitCancellation()
                    } finally {
                        withContext(NonCancellable) { delay(60.seconds) }
                    }
                }
            val reconnect =
                retry {
                    every(60.seconds)
                    forever()
                    stopWhen(job)
                }
            val run = launch { runCatching { reconnect { throw Broken("a") } } }
            testScheduler.advanceTimeBy(90.seconds)
            job.cancel()
            run.join()
            currentTime shouldBe 90_000
            child.join()
            currentTime shouldBe 150_000
        }
    }

    test("cancelling a signal's job triggers the signal while a child is still ending") {
        runTest {
            val signal = StopSignal()
            CoroutineScope(coroutineContext + signal.job).launch(start = CoroutineStart.UNDISPATCHED) {
                withContext(NonCancellable) { delay(60.seconds) }
            }
            signal.job.cancel()
            signal.isStopped shouldBe true
            signal.job.isCompleted shouldBe false
        }
    }

    test("a run that has ended leaves nothing on the job") {
        val job = Job()
        val reconnect =
            retry {
                maxAttempts(3)
                stopWhen(job)
            }
        repeat(3) { runCatching { reconnect { throw Broken("a") } } }
        job.children.count() shouldBe 0
        job.complete()
        job.isCompleted shouldBe true
    }
})
