package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.run.RetryBudget
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import java.time.Duration
import java.time.InstantSource

/** What an operator does, page by page. */
class RepairTest : FunSpec({
    suspend fun Showcase.states() =
        store.operations
            .groups(
                CallQuery.ALL.handlers("charge").states(CallState.DEAD),
                setOf(dev.reprise.queue.operate.GroupBy.HANDLER),
            ).sumOf {
                it.count
            }

    test("the overview names the worst problem first and links to it") {
        val html = TestBrowser(consoleOf(Showcase())).get("/").text()

        val problems =
            Regex("<strong>([^<]*)</strong>(?:<div class=\"quiet\">[^<]*</div>)?</div><a href=\"([^\"]*)\">")
                .findAll(html)
                .map { it.groupValues[1].replace(Regex("\\d+"), "n") to it.groupValues[2] }
                .toList()
        problems.take(2) shouldContainExactly
            listOf(
                "All n attempts of charge failed in the last n minutes." to "calls?handler=charge&amp;retrying=true",
                "n calls of charge died since yesterday." to "dead?handler=charge",
            )
        html shouldContain "The lane imports was paused by grace"
    }

    test("the overview names the handler of the call that has been due the longest") {
        val showcase = Showcase()
        val later = consoleOf(showcase) { clock = InstantSource.offset(showcase.clock, Duration.ofMinutes(5)) }
        TestBrowser(later).get("/").text() shouldContain "The oldest due call, of import, has been waiting for 5m"
    }

    test("dead calls of one class: look, dry run, replay at a rate, and find oneself in the audit") {
        val showcase = Showcase()
        val browser = TestBrowser(consoleOf(showcase))
        val bench = browser.get("/dead", "handler=charge").text()
        val replay = Regex("href=\"(act\\?action=replay[^\"]*)\"").find(bench)!!.groupValues[1].replace("&amp;", "&")

        val dryRun = browser.get("/" + replay.substringBefore('?'), replay.substringAfter('?')).text()
        dryRun shouldContain "6 calls would be replayed."
        showcase.states() shouldBe 6

        val filter = arrayOf("state" to "dead", "handler" to "charge", "error" to "java.net.ConnectException", "version" to "4")
        browser.post("/act", "action" to "replay", "rate" to "10", *filter).status shouldBe 400
        val done = browser.post("/act", "action" to "replay", "rate" to "10", "note" to "the gateway is back", *filter)
        done.status shouldBe 303
        showcase.states() shouldBe 0

        val audit = browser.get("/audit", done.header("Location")!!.substringAfter('?')).text()
        audit shouldContain "Done: replay 10.0/s, 6 calls of 6 changed."
        audit shouldContain "the gateway is back"
        audit shouldContain "ada"
    }

    test("a call that waits says why, where it is in its policy, and what failed") {
        val showcase = Showcase()
        val html = TestBrowser(consoleOf(showcase)).get("/calls/${showcase.retrying.cid}").text()

        html shouldContain "<h1>charge order 41233</h1>"
        html shouldContain "It is due at"
        html shouldContain "If all fail, it gives up in"
        html shouldContain "caused by java.io.IOException: POST /charges failed"
        html shouldContain "class=\"policy-drawing\""
        html shouldContain "class=\"past\""
    }

    test("a call behind a dead one links to it, and continues when that is replayed") {
        val showcase = Showcase()
        val browser = TestBrowser(consoleOf(showcase))
        val html = browser.get("/calls/${showcase.blocked.cid}").text()

        val head =
            Regex("is dead and blocks it").containsMatchIn(html) to
                Regex("The head of its order [^<]*call <a href=\"\\.\\./calls/([^\"]+)\"").find(html)?.groupValues?.get(1)
        head.first shouldBe true
        browser.get("/calls/${head.second}").text() shouldContain "UnknownAddressException"
        val discard = browser.post("/act", "action" to "discard", "cid" to head.second!!, "note" to "the parcel came back")
        discard.status shouldBe 303
        browser.get("/calls/${showcase.blocked.cid}").text() shouldNotContain "blocks it"
    }

    test("retry now of one call makes it due, and nothing else") {
        val showcase = Showcase()
        val browser = TestBrowser(consoleOf(showcase))

        val done = browser.post("/act", "action" to "retry-now", "cid" to showcase.retrying.cid)
        done.header("Location")!!.substringBefore('?') shouldBe "calls/${showcase.retrying.cid}"
        val entry =
            showcase.store.operations
                .audit(null, 1)
                .items
                .single()
        listOf(entry.action, entry.query, entry.changed, entry.actor.name) shouldContainExactly
            listOf("retry-now", "cid=${showcase.retrying.cid}", 1, "ada")
    }

    test("what operators did to a call is on its page") {
        val showcase = Showcase()
        val browser = TestBrowser(consoleOf(showcase))
        val path = "/calls/${showcase.retrying.cid}"
        browser.get(path).text() shouldContain "none names this call"

        browser.post("/act", "action" to "retry-now", "cid" to showcase.retrying.cid, "note" to "the gateway is back")

        val html = browser.get(path).text()
        html shouldContain ">retry-now</a> by ada via console"
        html shouldContain "“the gateway is back”"
    }

    test("calls that ended after the dry run are skipped, and the audit says how many were changed") {
        val showcase = Showcase()
        val browser = TestBrowser(consoleOf(showcase))
        val filter = arrayOf("action" to "cancel", "cid" to showcase.retrying.cid)
        browser.get("/act", "action=cancel&cid=${showcase.retrying.cid}").text() shouldContain "1 call would be cancelled."

        browser.post("/act", *filter, "note" to "first").status shouldBe 303
        browser.get("/act", "action=cancel&cid=${showcase.retrying.cid}").text() shouldContain
            "Nothing: 1 call fits, and none can be changed like this."
        browser.post("/act", *filter, "note" to "second").status shouldBe 303

        val entries = showcase.store.operations.audit(null, 2)
        entries.items.map { "${it.reason}: ${it.changed} of ${it.matched}" } shouldContainExactly listOf("second: 0 of 1", "first: 1 of 1")
    }

    test("a page has the command that does the same, quoted for a shell") {
        val browser = TestBrowser(consoleOf(Showcase()))

        val act = browser.get("/act", "action=replay&state=dead&handler=charge&rate=10").text()
        act shouldContain
            "data-copy=\"java -jar retry-console-cli.jar replay --console &#39;{console}&#39; --state dead --handler charge --rate 10\""
        val list = browser.get("/calls", "tag=it%27s+new&reason=expired&retrying=true").text()
        list shouldContain "--tag &#39;it&#39;\\&#39;&#39;s new&#39; --dead-reason expired --retrying --order newest"
    }

    test("a list goes to the next page and back to the one before") {
        val browser = TestBrowser(consoleOf(Showcase()))

        fun link(
            html: String,
            words: String,
        ) = Regex("href=\"calls\\?([^\"]*)\">$words")
            .find(html)
            ?.groupValues
            ?.get(1)
            ?.replace("&amp;", "&")

        fun calls(html: String) = Regex("href=\"calls/([0-9A-Za-z_-]+)\"").findAll(html).map { it.groupValues[1] }.toList()

        val first = browser.get("/calls", "limit=10").text()
        val second = browser.get("/calls", link(first, "Next page")).text()
        val third = browser.get("/calls", link(second, "Next page")).text()
        (calls(first) + calls(second) + calls(third)).toSet().size shouldBe 30
        calls(browser.get("/calls", link(third, "Previous page")).text()) shouldContainExactly calls(second)
        calls(browser.get("/calls", link(second, "Previous page")).text()) shouldContainExactly calls(first)
        link(first, "Previous page") shouldBe null
    }

    test("a list offers only what can be done to its calls") {
        val browser = TestBrowser(consoleOf(Showcase()))

        browser.get("/calls", "state=dead").text().let {
            it shouldContain "Replay…"
            it shouldNotContain "Cancel…"
        }
        browser.get("/calls", "state=ready").text() shouldNotContain "Replay…"
    }

    test("what is left of a budget is on the page about retry storms, and in its document") {
        val browser = TestBrowser(consoleOf(Showcase()) { budget("gateway", RetryBudget(0.2, 10.0)) })

        browser.get("/storm").text() shouldContain "20% of first attempts and 10 a second"
        browser.get("/api/v1/storm").text() shouldContain "\"name\": \"gateway\",\n      \"left\": 100"
    }

    test("an action without a selection is refused") {
        TestBrowser(consoleOf(Showcase())).post("/act", "action" to "cancel", "note" to "x").status shouldBe 400
    }

    test("a lane is paused and resumed with the name of the operator") {
        val showcase = Showcase()
        val browser = TestBrowser(consoleOf(showcase))
        browser.post("/lanes", "lane" to "payments", "to" to "pause", "note" to "wait for the gateway").status shouldBe 303
        browser.get("/lanes").text() shouldContain "by ada"
        browser.post("/lanes", "lane" to "payments", "to" to "resume").status shouldBe 303
        showcase.store.operations
            .audit(null, 2)
            .items
            .map { "${it.actor.name} ${it.action} ${it.reason}" } shouldContainExactly
            listOf("ada resume null", "ada pause wait for the gateway")
    }

    test("the overview pauses a lane too, for those who may") {
        val showcase = Showcase()
        val browser = TestBrowser(consoleOf(showcase))
        browser.get("/").text() shouldContain "Pause payments"
        browser.get("/").text() shouldContain "Resume imports"
        TestBrowser(consoleOf(showcase, Access.Read)).get("/").text() shouldNotContain "Pause payments"
    }

    test("a filter of a newer version is shown in the audit as it is") {
        val showcase = Showcase()
        val newer = AuditEntry.of("0", showcase.now, Actor("ada"), "replay", "colour=red&cid=x", null, 1, 1, AuditEntry.State.DONE)
        showcase.store.operations.record(newer)
        val browser = TestBrowser(consoleOf(showcase))

        browser.get("/audit").text() shouldContain "colour=red&amp;cid=x"
        browser.get("/calls/${showcase.retrying.cid}").status shouldBe 200
    }

    test("the form of the list has every filter of its address that has one value") {
        val filter = "handler=charge&lane=payments&version=4&version-below=5&min-attempts=2&reason=exhausted&ended-since=2026-11-29"
        val html = TestBrowser(consoleOf(Showcase())).get("/calls", filter).text()

        for ((name, value) in filter.split('&').map { it.split('=') }.filter { it[0] != "reason" }) {
            html shouldContain Regex("name=\"$name\" value=\"$value\"")
        }
        html shouldContain "<option value=\"exhausted\" selected>"
    }

    test("what another policy would have done is a range, and a notation that does not parse says where") {
        val browser = TestBrowser(consoleOf(Showcase()))
        val html = browser.get("/what-if", "handler=charge&notation=every(1m)+maxAttempts(500)").text()
        html shouldContain "What it would have done"
        html shouldContain "Apply it to waiting calls of charge…"

        val wrong = browser.get("/what-if", "handler=charge&notation=every(1m)+maxAttempt(5)")
        wrong.status shouldBe 400
        wrong.text() shouldContain "maxAttempt"
    }
})
