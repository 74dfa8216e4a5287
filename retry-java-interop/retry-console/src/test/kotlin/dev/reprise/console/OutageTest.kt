package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.StoredCall
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.hours

/** A store that does not respond, or not in time. */
@OptIn(RepriseSpi::class)
private class AwayStore(
    private val inner: CallStore = InMemoryCallStore(),
    private val isSlow: Boolean = false,
) : CallStore by inner {
    override suspend fun counts(): List<CallCount> = away()

    override suspend fun find(cid: String): StoredCall? = away()

    private suspend fun away(): Nothing {
        if (isSlow) delay(1.hours)
        throw StoreUnavailableException("connection refused")
    }
}

/** A store whose query ends some time after it is cancelled. */
@OptIn(RepriseSpi::class)
private class HangingStore(
    private val started: CountDownLatch,
    private val ended: AtomicBoolean,
) : CallStore by InMemoryCallStore() {
    override suspend fun counts(): List<CallCount> =
        try {
            started.countDown()
            awaitCancellation()
        } finally {
            withContext(NonCancellable + Dispatchers.IO) {
                repeat(100) { yield() }
                ended.set(true)
            }
        }
}

@OptIn(RepriseSpi::class)
class OutageTest : FunSpec({
    fun console(isSlow: Boolean = false) = Console(AwayStore(isSlow = isSlow)) { access { Access.Read } }

    test("a store that is away is a page with status 503, and a problem of the API") {
        val browser = TestBrowser(console())

        val page = browser.get("/")
        page.status shouldBe 503
        page.text() shouldContain "The store does not respond: connection refused."
        browser.get("/api/v1/counts").header("Content-Type") shouldBe "application/problem+json"
    }

    test("an interrupted caller of handleBlocking gets its interruption when the query has ended") {
        val (started, ended) = CountDownLatch(1) to AtomicBoolean()
        val console = Console(HangingStore(started, ended)) { access { Access.Read } }
        val seen = CompletableFuture<Boolean>()
        val caller =
            thread {
                try {
                    console.handleBlocking(ConsoleRequest.builder("GET", "/").build())
                } catch (_: InterruptedException) {
                    seen.complete(ended.get())
                }
            }

        started.await()
        caller.interrupt()
        seen.get(20, TimeUnit.SECONDS) shouldBe true
    }

    test("a query that takes longer than five seconds is given up") {
        runTest {
            val page = TestBrowser(console(isSlow = true)).get("/")
            page.status shouldBe 503
            page.text() shouldContain "has not responded within 5s"
        }
    }
})
