package dev.reprise.interop.queue

import io.kotest.matchers.shouldBe
import org.junit.jupiter.api.Test
import java.util.concurrent.CompletableFuture

class QueueTimeTest {
    /** Is interrupted in its first wait, just when the future completes. */
    private class InterruptedAtTheEnd : QueueTime by RealTime {
        private var waits = 0

        override fun <T> await(future: CompletableFuture<T>): T {
            if (++waits > 1) return RealTime.await(future)
            answer()
            throw InterruptedException()
        }

        lateinit var answer: () -> Unit
    }

    @Test
    fun anInterruptionAtTheLastMomentLosesNoAnswer() {
        val future = CompletableFuture<String>()
        val time = InterruptedAtTheEnd().apply { answer = { future.complete("stored") } }
        time.awaitAll(future) {} shouldBe "stored"
        Thread.interrupted() shouldBe true
    }
}
