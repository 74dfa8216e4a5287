package dev.reprise.console

import dev.reprise.console.model.ConsoleResponse
import dev.reprise.console.model.Payloads
import dev.reprise.queue.operate.CallQuery
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.runBlocking

private fun ConsoleResponse.isPage(
    status: Int,
    words: String,
) {
    "${this.status} ${header("Content-Type")}" shouldBe "$status text/html; charset=utf-8"
    text() shouldContain words
}

private fun ConsoleResponse.isProblem(
    status: Int,
    words: String,
) {
    "${this.status} ${header("Content-Type")}" shouldBe "$status application/problem+json"
    text() shouldContain words
}

/** What cannot be served: the page and the document have the same status and say why, and nothing is changed. */
class BadInputTest : FunSpec({
    val showcase = Showcase()
    val operations = showcase.store.operations
    val browser = TestBrowser(consoleOf(showcase) { payloads = Payloads.ON_REQUEST })
    val cid = showcase.retrying.cid

    suspend fun everything() = showcase.store.counts().toSet() to operations.audit(null, 500).items.map { it.toString() }
    val before = runBlocking { everything() }

    suspend fun act(body: String) = browser.postJson("/api/v1/act", body)

    test("a filter that no index serves") {
        val words = "the order DUE needs the state READY and handlers or a lane"

        browser.get("/calls", "order=due").isPage(400, words)
        browser.get("/api/v1/calls", "order=due").isProblem(400, words)
        browser.get("/dead", "order=due").isPage(400, words)
        browser.get("/api/v1/groups", "order=due").isProblem(400, words)
        val due = "an action goes through calls as OLDEST or NEWEST"
        val filter = arrayOf("state" to "ready", "handler" to "charge", "order" to "due")
        browser.get("/act", "action=retry-now&state=ready&handler=charge&order=due").isPage(400, due)
        browser.post("/act", "action" to "retry-now", *filter).isPage(400, due)
        act("""{"action": "retry-now", "filter": {"state": "ready", "handler": "charge", "order": "due"}, "dryRun": false}""")
            .isProblem(400, due)
        everything() shouldBe before
    }

    test("a cursor of another list") {
        val stale =
            operations
                .calls(CallQuery.ALL.handlers("charge"), null, 1)
                .next
                .toString()

        browser.get("/calls", "after=$stale").isPage(400, "is not one of this list")
        browser.get("/api/v1/calls", "after=$stale").isProblem(400, "is not one of this list")
        browser.get("/audit", "after=$stale").isPage(400, "is not one of the audit")
        browser.get("/api/v1/audit", "after=$stale").isProblem(400, "is not one of the audit")
        browser.get("/runs", "after=$stale").isPage(400, "is not the cursor of a page of runs")
        browser.get("/api/v1/runs", "after=$stale").isProblem(400, "is not the cursor of a page of runs")
        browser.get("/act", "action=discard&state=dead&after=$stale").isPage(400, "is not one of this list")
        browser.post("/act", "action" to "retry-now", "cid" to cid, "after" to stale).isPage(400, "is not one of this list")
        act("""{"action": "discard", "filter": {"state": "dead"}, "after": "$stale"}""").isProblem(400, "is not one of this list")
        everything() shouldBe before
    }

    test("a POST that a page of another site sends, wherever it goes") {
        val token =
            browser
                .get("/lanes")
                .text()
                .substringAfter("name=\"csrf\" value=\"")
                .substringBefore('"')
        for (path in listOf("/act", "/lanes", "/calls/$cid/payload", "/runs/trip%2041006/act")) {
            browser
                .postForm(path, listOf("csrf" to token, "note" to "x")) { header("Origin", "https://evil.example") }
                .isPage(403, "The request comes from another site.")
            browser.postForm(path, listOf("note" to "x")).isPage(403, "The form has expired.")
        }
        val headers = arrayOf("X-Reprise-Request" to "1", "Content-Type" to "application/json", "Origin" to "https://evil.example")
        for (path in listOf("act", "lanes", "calls/$cid/payload", "runs/trip%2041006")) {
            browser.postJson("/api/v1/$path", "{}", *headers).isProblem(403, "The request comes from another site.")
            browser.postJson("/api/v1/$path", "{}", "Content-Type" to "application/json").isProblem(403, "X-Reprise-Request")
        }
        everything() shouldBe before
    }

    test("the id of a call, or of a run, that does not exist") {
        val (noCall, noRun) = "There is no call unknown, or its retention is over." to "There is no run unknown."

        browser.get("/calls/unknown").isPage(404, noCall)
        browser.get("/api/v1/calls/unknown").isProblem(404, noCall)
        browser.post("/calls/unknown/payload", "note" to "x").isPage(404, noCall)
        browser.postJson("/api/v1/calls/unknown/payload", """{"reason": "x"}""").isProblem(404, noCall)
        browser.get("/runs/unknown").isPage(404, noRun)
        browser.get("/api/v1/runs/unknown").isProblem(404, noRun)
        browser.post("/runs/unknown/act", "action" to "undo", "note" to "x").isPage(404, noRun)
        browser.postJson("/api/v1/runs/unknown", """{"action": "undo"}""").isProblem(404, noRun)
        browser.get("/act", "action=cancel&cid=unknown").isPage(200, "Nothing: no call fits the filter.")
        act("""{"action": "cancel", "filter": {"cid": "unknown"}}""").text() shouldContain "\"matched\": 0"
        everything() shouldBe before
    }

    test("a payload that is not shown") {
        val closed = TestBrowser(consoleOf(showcase))
        val words = "This console does not show payloads."

        val page = closed.post("/calls/$cid/payload", "note" to "x")
        val document = closed.postJson("/api/v1/calls/$cid/payload", """{"reason": "x"}""")
        page.isPage(403, words)
        document.isProblem(403, words)
        listOf(page, document).forEach { it.text() shouldNotContain "41233" }
        browser.post("/calls/$cid/payload").isPage(400, "A reason is needed")
        browser.postJson("/api/v1/calls/$cid/payload", "{}").isProblem(400, "A reason is needed")
        everything() shouldBe before
    }

    test("a notation that does not parse") {
        browser.get("/what-if", "handler=charge&notation=every(1m").isPage(400, "every(1m")
        browser.get("/api/v1/what-if", "handler=charge&notation=every(1m").isProblem(400, "every(1m")
        val change = arrayOf("action" to "change-policy", "handler" to "charge", "notation" to "every(1m", "note" to "x")
        browser.get("/act", "action=change-policy&handler=charge&notation=every(1m").isPage(400, "every(1m")
        browser.post("/act", *change).isPage(400, "every(1m")
        act("""{"action": "change-policy", "filter": {"handler": "charge"}, "notation": "every(1m", "dryRun": false}""")
            .isProblem(400, "every(1m")
        everything() shouldBe before
    }

    test("an action on a call that has ended since the page was loaded: it is skipped, which the next page and the document say") {
        val story = Showcase()
        val operator = TestBrowser(consoleOf(story))
        val cancel = arrayOf("action" to "cancel", "cid" to story.retrying.cid)
        story.store.cancel(story.retrying.cid) { _, _ -> emptyList() }

        val done = operator.post("/act", *cancel, "note" to "x")
        done.status shouldBe 303
        val (page, query) = done.header("Location")!!.split('?')
        operator.get("/$page", query).isPage(200, "Nothing was changed: the call was not as it was when the page was loaded.")
        val discarded = operator.post("/act", "action" to "discard", "cid" to story.blocked.cid, "note" to "x")
        operator.get("/audit", discarded.header("Location")!!.substringAfter('?')).isPage(200, "Nothing was changed: discard, 0 calls of 1")
        val body = """{"action": "cancel", "filter": {"cid": "${story.retrying.cid}"}, "dryRun": false}"""
        operator.postJson("/api/v1/act", body).text() shouldContain "\"changed\": 0,\n  \"skipped\": {\n    \"ENDED\": 1\n  }"
        story.store.operations
            .audit(null, 3)
            .items
            .map { "${it.action} ${it.changed} of ${it.matched}" } shouldContainExactly
            listOf("cancel 0 of 1", "discard 0 of 1", "cancel 0 of 1")
    }
})
