package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleAction
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain

private val pages = pages("CID", "trip%2041007")
private val documents = documents("CID", "trip%2041007")

private val posts =
    listOf("/act", "/lanes", "/calls/CID/payload", "/runs/trip%2041007/act", "/api/v1/act", "/api/v1/lanes", "/api/v1/runs/trip%2041007")

class AccessTest : FunSpec({
    val showcase = Showcase()

    fun String.withCid() = replace("CID", showcase.retrying.cid)

    suspend fun statuses(
        access: Access,
        paths: List<String>,
        method: String,
    ): Set<Int> {
        val browser = TestBrowser(consoleOf(showcase, access))
        return paths.map { browser.send(browser.request(method, it.withCid())).status }.toSet()
    }

    test("each route, for each role, with each method") {
        val table =
            listOf(Access.None, Access.Read, Access.Operate()).flatMap { access ->
                listOf("GET", "HEAD", "POST", "DELETE").map { method ->
                    "$access $method: pages ${statuses(access, pages, method)}, documents ${statuses(access, documents, method)}"
                }
            }

        table shouldContainExactly
            listOf(
                "None GET: pages [403], documents [403]",
                "None HEAD: pages [403], documents [403]",
                "None POST: pages [403], documents [403]",
                "None DELETE: pages [403], documents [403]",
                "Read GET: pages [200], documents [200]",
                "Read HEAD: pages [200], documents [200]",
                "Read POST: pages [405, 403], documents [405, 403]",
                "Read DELETE: pages [405], documents [405]",
                "Operate GET: pages [200], documents [200]",
                "Operate HEAD: pages [200], documents [200]",
                "Operate POST: pages [405, 403], documents [405, 403]",
                "Operate DELETE: pages [405], documents [405]",
            )
    }

    test("a visitor who can only read cannot post anything, not even with the right token") {
        val reader = TestBrowser(consoleOf(showcase, Access.Read))

        posts.filter { !it.startsWith("/api") }.map { reader.post(it.withCid(), "note" to "because").status }.toSet() shouldBe setOf(403)
        posts.filter { it.startsWith("/api") }.map { reader.postJson(it, "{}").status }.toSet() shouldBe setOf(403)
    }

    test("a visitor who can only read sees no button that acts") {
        val reader = TestBrowser(consoleOf(showcase, Access.Read))

        for (page in pages) {
            val html = reader.get(page.withCid()).text()
            html shouldNotContain "method=\"post\""
            html shouldNotContain "/act?"
            html shouldNotContain "href=\"act?"
        }
    }

    test("an operator who may not discard gets no button for it, and 403 for the page and the action") {
        val operator = TestBrowser(consoleOf(showcase, Access.Operate(setOf(ConsoleAction.REPLAY))))

        operator.get("/dead").text() shouldContain "Replay…"
        operator.get("/dead").text() shouldNotContain "Discard…"
        operator.get("/act", "action=discard&state=dead").status shouldBe 403
        operator.post("/act", "action" to "discard", "state" to "dead", "note" to "because").status shouldBe 403
        operator.postJson("/api/v1/act", """{"action": "discard", "filter": {"state": "dead"}, "dryRun": false}""").status shouldBe 403
    }

    test("a console without access { } lets no request in, and says so without a word about the calls") {
        val response = Console(showcase.store).handle(TestBrowser(consoleOf(showcase)).request("GET", "/").build())

        response.status shouldBe 403
        response.text() shouldBe "You have no access to this console. Its operator grants it with access { … }.\n"
    }
})
