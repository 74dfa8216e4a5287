package dev.reprise.run

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import java.io.IOException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.RejectedExecutionException

internal class ForeignCodeTest {
    @Test
    fun `a failure arrives as the code threw it`() {
        val refused = IOException("refused")
        shouldThrow<IOException> { runBlocking { onWorkers.call { throw refused } } } shouldBeSameInstanceAs refused
    }

    @Test
    fun `an interruption that the code threw itself is a failure and no cancellation`() {
        shouldThrow<InterruptedException> { runBlocking { onWorkers.call { throw InterruptedException("mine") } } }.message shouldBe "mine"
    }

    @Test
    fun `code whose executor shuts down while it runs was rejected`() {
        val executor = Executors.newSingleThreadExecutor()
        val running = CountDownLatch(1)
        runBlocking {
            val call =
                async {
                    runCatching {
                        ForeignCode(executor).call {
                            running.countDown()
                            CountDownLatch(1).await()
                        }
                    }
                }
            launch(Dispatchers.IO) {
                running.await()
                executor.shutdownNow()
            }
            val failure = call.await().exceptionOrNull()!!
            (ForeignCode.rejection(failure)?.cause is InterruptedException) shouldBe true
        }
    }

    @Test
    fun `a stage is cancelled with its caller`() {
        val started = CompletableDeferred<Unit>()
        val stage = CompletableFuture<String>()
        runBlocking {
            val call =
                launch {
                    onWorkers.await<String>("the body") {
                        started.complete(Unit)
                        stage
                    }
                }
            started.await()
            call.cancelAndJoin()
        }
        stage.isCancelled shouldBe true
    }

    @Test
    fun `a stage fails with what it failed with, without the envelope of later stages`() {
        val refused = IOException("refused")
        val stage = CompletableFuture.failedFuture<String>(CompletionException(refused))
        shouldThrow<IOException> { runBlocking { onWorkers.await("the body") { stage } } } shouldBeSameInstanceAs refused
    }

    @Test
    fun `a missing stage is named`() {
        val failure = shouldThrow<NullPointerException> { runBlocking { onWorkers.await<String>("the handler 'charge'") { null } } }
        failure.message shouldBe "the handler 'charge' returned null; it must return a CompletionStage"
    }

    @Test
    fun `a rejection is found in the causes of a cancellation, also if they are a circle`() {
        val rejected = RejectedExecutionException("full")
        ForeignCode.rejection(CancellationException("cancelled", rejected)) shouldBeSameInstanceAs rejected
        ForeignCode.rejection(IllegalStateException("failed", rejected)).shouldBeNull()

        val first = CancellationException("first")
        first.initCause(IllegalStateException("second", first))
        ForeignCode.rejection(first).shouldBeNull()
    }

    private val onWorkers = ForeignCode(RetryTimer.workers)
}
