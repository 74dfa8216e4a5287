package dev.reprise.interop.internal

import dev.reprise.queue.spi.CallClock
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineDispatcher
import org.junit.jupiter.api.Test
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor

class QueueTimeTest {
    /** Is interrupted in its first wait, just when [answer] completes. */
    private class InterruptedAtTheEnd(
        private val answer: () -> Unit,
    ) : QueueTime {
        override val dispatcher: CoroutineDispatcher get() = RealTime.dispatcher
        override val executor: Executor get() = RealTime.executor
        override val futures: CoroutineDispatcher get() = RealTime.futures
        override val clock: CallClock get() = RealTime.clock

        override fun <T> await(future: CompletableFuture<T>): T {
            if (future.isDone) return RealTime.await(future)
            answer()
            throw InterruptedException()
        }
    }

    @Test
    fun anInterruptionAtTheLastMomentLosesNoAnswer() {
        val future = CompletableFuture<String>()
        val time = InterruptedAtTheEnd { future.complete("stored") }
        time.awaitAll(future) {} shouldBe "stored"
        Thread.interrupted() shouldBe true
    }
}
