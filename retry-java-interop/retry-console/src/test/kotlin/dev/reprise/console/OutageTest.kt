package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.StoredCall
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
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

    test("a query that takes longer than five seconds is given up") {
        runTest {
            val page = TestBrowser(console(isSlow = true)).get("/")
            page.status shouldBe 503
            page.text() shouldContain "has not responded within 5s"
        }
    }
})
