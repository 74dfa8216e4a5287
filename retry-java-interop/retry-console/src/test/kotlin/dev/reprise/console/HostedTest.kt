@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.StoreUnavailableException
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import java.net.ConnectException

private const val REFUSED = "connection <refused>"

/** A queue of another engine with one dead call of three attempts; here it is a queue in memory, as the console sees only the interface. */
private suspend fun host(act: suspend (CallQueue, String) -> Unit) =
    runTest {
        val time = testTimeSource
        val begin = time.markNow()
        val queue =
            RetryQueue.on(InMemoryCallStore { begin.elapsedNow().inWholeMilliseconds }) {
                handle(charge) { throw ConnectException(REFUSED) }
            }
        queue.start(backgroundScope)
        val call = queue.enqueue(charge, "41007") { policy("every(1h) maxAttempts(3)") }
        queue.awaitEnd(call.cid)
        act(queue, call.cid)
    }

private fun consoleOf(vararg hosts: Pair<String, CallQueue>) =
    TestBrowser(
        Console(InMemoryCallStore()) {
            hosts.forEach { (name, queue) -> hosted(name, queue) }
            access { Access.Read }
        },
    )

class HostedTest : FunSpec({
    test("the calls of another engine are counted, and the dead ones lead to their pages") {
        host { queue, cid ->
            val page = consoleOf("temporal" to queue).get("/hosted").text()
            page shouldContain "Calls by handler and state"
            page shouldContain "href=\"hosted?host=temporal&amp;cid=$cid\">charge order 41007</a>"
            page shouldContain "Dead because"
        }
    }

    test("a hosted call has its policy card with the delays so far, and its attempts") {
        host { queue, cid ->
            val page = consoleOf("temporal" to queue).get("/hosted", "host=temporal&cid=$cid").text()
            page shouldContain "every(1h) maxAttempts(3)"
            page shouldContain "3 attempts of 3 were made."
            page shouldContain "Squares: the delays so far."
            page shouldContain "connection &lt;refused&gt;"
            page shouldNotContain "href=\"act?"
        }
    }

    test("an engine that is away does not hide the others") {
        host { queue, _ ->
            val away =
                object : CallQueue by queue {
                    override suspend fun counts(): List<CallCount> = throw StoreUnavailableException("no route", ConnectException())
                }
            val page = consoleOf("away" to away, "temporal" to queue).get("/hosted")
            page.status shouldBe 200
            page.text() shouldContain "It does not respond: no route"
            page.text() shouldContain "Calls by handler and state"
        }
    }

    test("an engine that cannot count its calls says so, and shows the dead ones") {
        host { queue, _ ->
            val uncounted =
                object : CallQueue by queue {
                    override suspend fun counts(): List<CallCount> = throw UnsupportedOperationException("ask the cluster's own tools")
                }
            val page = consoleOf("temporal" to uncounted).get("/hosted").text()
            page shouldContain "ask the cluster&#39;s own tools"
            page shouldContain "charge order 41007"
        }
    }

    test("an unknown call, an unknown queue, and a console without hosted calls are not found") {
        host { queue, cid ->
            val browser = consoleOf("temporal" to queue)
            browser.get("/hosted", "host=temporal&cid=nowhere").status shouldBe 404
            browser.get("/hosted", "host=restate&cid=$cid").status shouldBe 404
            browser.get("/").text() shouldContain "href=\"hosted\""
            consoleOf().get("/hosted").status shouldBe 404
            consoleOf().get("/").text() shouldNotContain "href=\"hosted\""
        }
    }
})
