package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleRequest
import dev.reprise.console.model.Payloads
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.spi.CallStore
import dev.reprise.workflow.JdbcWorkflowStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import org.postgresql.ds.PGSimpleDataSource
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.concurrent.thread

/** A store that does not respond in time. */
@OptIn(RepriseSpi::class)
private class SlowStore : CallStore by InMemoryCallStore() {
    override suspend fun counts(): List<CallCount> = awaitCancellation()
}

/** A store with a bug. */
@OptIn(RepriseSpi::class)
private class BrokenStore : CallStore by InMemoryCallStore() {
    override suspend fun counts(): List<CallCount> = error("secret")
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

/** What a logger writes, kept from the terminal. */
private class Log(
    name: String,
) : Handler(),
    AutoCloseable {
    val messages = CopyOnWriteArrayList<String>()
    private val logger = Logger.getLogger(name)

    init {
        logger.useParentHandlers = false
        logger.addHandler(this)
    }

    override fun publish(record: LogRecord) {
        messages += record.message
    }

    override fun flush() = Unit

    override fun close() {
        logger.removeHandler(this)
        logger.useParentHandlers = true
    }
}

@OptIn(RepriseSpi::class)
class OutageTest : FunSpec({
    test("if the database is away, every page has status 503, and every document of the API is a problem that says so") {
        val nowhere = PGSimpleDataSource().apply { setURL("jdbc:postgresql://127.0.0.1:9/none") }
        val console =
            Console(JdbcCallStore(nowhere)) {
                workflows(JdbcWorkflowStore(nowhere))
                payloads = Payloads.ON_REQUEST
                access { Access.Operate() }
            }
        val browser = TestBrowser(console)
        for (page in pages("x", "x")) {
            val response = browser.get(page)
            "$page ${response.status}" shouldBe "$page 503"
            response.text() shouldContain "does not respond"
        }
        browser.get("/act", "action=cancel&state=ready").status shouldBe 503
        val answers =
            documents("x", "x").map { browser.get(it) } + browser.get("/api/v1/what-if", "handler=x&notation=every(1m)+maxAttempts(2)")
        answers.map { "${it.status} ${it.header("Content-Type")}" }.toSet() shouldBe setOf("503 application/problem+json")
        val forms =
            listOf(
                browser.post("/act", "action" to "cancel", "cid" to "x", "note" to "x"),
                browser.post("/lanes", "lane" to "x", "to" to "pause"),
                browser.post("/calls/x/payload", "note" to "x"),
                browser.post("/runs/x/act", "action" to "undo", "note" to "x"),
            )
        forms.map { it.status }.toSet() shouldBe setOf(503)
        val body = """{"action": "cancel", "filter": {"cid": "x"}, "lane": "x", "isPaused": true, "reason": "x"}"""
        listOf("act", "lanes", "calls/x/payload", "runs/x").map { browser.postJson("/api/v1/$it", body).status }.toSet() shouldBe setOf(503)
    }

    test("a failure that nothing foresees is a response without a word about it, and is logged") {
        val browser = TestBrowser(Console(BrokenStore()) { access { Access.Read } })
        val closed = TestBrowser(Console(InMemoryCallStore()) { access { error("secret") } })

        Log("dev.reprise.console").use { log ->
            val page = browser.get("/")
            page.status shouldBe 500
            page.text() shouldContain "The console failed to respond."
            page.text() shouldNotContain "secret"
            val document = browser.get("/api/v1/counts")
            document.header("Content-Type") shouldBe "application/problem+json"
            document.text() shouldNotContain "secret"
            closed.get("/").status shouldBe 403
            val answered = listOf("/", "/api/v1/counts", "/")
            log.messages shouldContainExactly answered.map { "the console failed to respond to GET $it" }
        }
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
            val page = TestBrowser(Console(SlowStore()) { access { Access.Read } }).get("/")
            page.status shouldBe 503
            page.text() shouldContain "has not responded within 5s"
        }
    }
})
