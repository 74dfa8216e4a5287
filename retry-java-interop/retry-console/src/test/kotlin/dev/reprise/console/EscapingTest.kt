package dev.reprise.console

import dev.reprise.console.model.Payloads
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.target
import dev.reprise.queue.operate.Actor
import dev.reprise.workflow.InMemoryWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.test.runTest
import java.net.URLEncoder

private const val EVIL = "\"><script>alert(1)</script>'"

/** A console in which every stored text is markup. */
class EscapingTest : FunSpec({
    test("markup in stored texts stays text, on every page") {
        val (console, cid) = evilConsole()
        val browser = TestBrowser(console, user = EVIL)
        val run = URLEncoder.encode(EVIL, Charsets.UTF_8).replace("+", "%20")
        val handler = run

        val pages =
            listOf("/", "/calls", "/calls/$cid", "/dead", "/storm", "/policies", "/workers", "/lanes", "/runs", "/runs/$run", "/audit") +
                listOf(
                    "/calls?find=$run",
                    "/calls?handler=$handler&tag=$run",
                    "/what-if?handler=$handler&notation=$run",
                    "/runs?workflow=$run",
                ) +
                listOf(
                    "/act?action=replay&handler=$handler",
                    "/act?action=$run",
                    "/runs/$run/act?action=remove",
                    "/$run",
                    "/calls?after=$run",
                )
        for (page in pages) {
            val html = browser.get(page.substringBefore('?'), page.substringAfter('?', "").ifEmpty { null }).text()
            html shouldNotContain "<script>alert"
        }
    }

    test("the texts are shown as they are") {
        val (console, cid) = evilConsole()
        TestBrowser(console).get("/calls/$cid").text() shouldContain "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;"
    }

    test("the command to copy and the path of a run hold nothing that could end an attribute") {
        val html =
            dev.reprise.console.internal.html
                .html { "a"("href" to "x\"onclick=\"y") { +"<&>" } }
        html shouldBe "<a href=\"x&quot;onclick=&quot;y\">&lt;&amp;&gt;</a>"
    }
})

private fun evilConsole(): Pair<Console, String> {
    val store = InMemoryCallStore()
    val workflows = InMemoryWorkflowStore()
    var cid = ""
    runTest {
        val evil = target(EVIL)
        val queue =
            RetryQueue.on(store) {
                workerName = EVIL
                handle(evil, lane = EVIL) { error(EVIL) }
            }
        val job = queue.start(backgroundScope)
        val call =
            queue.enqueue(evil, EVIL) {
                policy("every(1m) maxAttempts(1)")
                title(EVIL)
                tags(EVIL)
                header(EVIL, EVIL)
                orderKey(EVIL)
                context(EVIL)
            }
        queue.awaitEnd(call.cid)
        queue.operator(Actor(EVIL)).pause(EVIL, EVIL)
        queue.enqueue(evil, EVIL) { uniqueKey(EVIL) }
        cid = call.cid
        job.cancelAndJoin()
        WorkflowEngine(workflows).execute(linear(EVIL) { task(EVIL) { error(EVIL) } }, id = EVIL)
    }
    val console =
        Console(store) {
            title = EVIL
            payloads = Payloads.SHOWN
            workflows(workflows)
            access {
                dev.reprise.console.model.Access
                    .Operate()
            }
        }
    return console to cid
}
