package dev.reprise.interop.internal

import dev.reprise.interop.queue.QueueRunner
import dev.reprise.interop.workflow.WorkflowRunner
import dev.reprise.interop.workflow.Workflows
import dev.reprise.queue.model.Target
import dev.reprise.workflow.model.WorkflowOutcome
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import java.time.Duration
import java.util.concurrent.Callable
import java.util.concurrent.CountDownLatch
import java.util.concurrent.ForkJoinPool

/** What an application blocks for good: all threads of `Dispatchers.Default`, of `Dispatchers.IO` and of the common pool. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StarvedThreadsTest {
    private fun <T> starved(work: () -> T): T {
        val release = CountDownLatch(1)
        val cores = Runtime.getRuntime().availableProcessors()
        val blocked = CountDownLatch(maxOf(2, cores) + maxOf(64, cores) + ForkJoinPool.getCommonPoolParallelism())
        val block = {
            blocked.countDown()
            release.await()
        }
        repeat(maxOf(2, cores)) { CoroutineScope(Dispatchers.Default).launch { block() } }
        repeat(maxOf(64, cores)) { CoroutineScope(Dispatchers.IO).launch { block() } }
        repeat(ForkJoinPool.getCommonPoolParallelism()) { ForkJoinPool.commonPool().execute { block() } }
        blocked.await()
        try {
            return work()
        } finally {
            release.countDown()
        }
    }

    @Test
    fun aQueueMakesItsCallsAndCloses(
        @TempDir folder: Path,
    ) {
        val charge = Target.text("charge")
        starved {
            val queue =
                QueueRunner
                    .open(folder.resolve("calls.db"))
                    .handle(charge) { "charged $it" }
                    .build()
                    .start()
            queue.enqueue(charge, "42").resultAsync().get() shouldBe "charged 42"
            queue.close(Duration.ofSeconds(1))
        }
    }

    @Test
    fun aWorkflowRunsAndItsStoreCloses(
        @TempDir folder: Path,
    ) {
        val trip = Workflows.linear("trip") { it.task("book", Callable { "booked" }) }
        starved {
            WorkflowRunner.open(folder.resolve("runs.db")).build().use { runner ->
                runner
                    .of(trip)
                    .id("1")
                    .execute()
                    .shouldBeInstanceOf<WorkflowOutcome.Success>()
            }
        }
    }
}
