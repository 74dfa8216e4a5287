package dev.reprise.console

import dev.reprise.console.model.ConsoleRequest
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainAll
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain

private val security =
    listOf(
        "Content-Security-Policy" to
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
            "frame-ancestors 'none'; base-uri 'none'",
        "X-Content-Type-Options" to "nosniff",
        "Referrer-Policy" to "same-origin",
        "Cache-Control" to "no-store",
    )

class ResponsesTest : FunSpec({
    val showcase = Showcase()
    val browser = TestBrowser(consoleOf(showcase))

    test("every response but an asset has the headers that keep others out") {
        for (path in listOf("/", "/calls", "/nowhere", "/api/v1/counts", "/api/v1/nowhere", "")) {
            browser.get(path).headers shouldContainAll security
        }
        TestBrowser(Console(showcase.store)).get("/").headers shouldContainAll security
    }

    test("pages hold no script and no style of their own") {
        for (path in listOf("/", "/calls", "/calls/${showcase.retrying.cid}", "/dead", "/storm", "/runs/trip%2041007", "/policies")) {
            val html = browser.get(path).text()
            html shouldNotContain "<style"
            html shouldNotContain " style=\""
            html shouldNotContain " onclick"
            Regex("<script[^>]*>[^<]").containsMatchIn(html) shouldBe false
        }
    }

    test("assets have the hash of their content in their names and are kept by browsers") {
        val path = Regex("href=\"(assets/[^\"]+\\.css)\"").find(browser.get("/").text())!!.groupValues[1]
        val asset = browser.get("/$path")

        asset.status shouldBe 200
        asset.header("Cache-Control") shouldBe "public, max-age=31536000, immutable"
        asset.header("Content-Type") shouldBe "text/css; charset=utf-8"
        browser.get("/assets/console-000000000000.css").status shouldBe 404
    }

    test("HEAD has the status and the headers of GET and no body") {
        val (get, head) = browser.get("/calls") to browser.send(browser.request("HEAD", "/calls"))

        head.status shouldBe 200
        head.headers shouldContainExactly get.headers
        head.body.size shouldBe 0
    }

    test("an unknown page is 404, a wrong method 405 with those that are possible") {
        browser.get("/nowhere").status shouldBe 404
        browser.get("/calls/unknown").text() shouldContain "There is no call unknown, or its retention is over."
        browser.get("/runs/unknown").status shouldBe 404
        val response = browser.send(browser.request("PUT", "/act"))
        response.status shouldBe 405
        response.header("Allow") shouldBe "GET, HEAD, POST"
    }

    test("a filter that cannot be read, or that no index serves, is 400 with the reason") {
        val problems =
            listOf(
                "state=undead",
                "nonsense=1",
                "order=due",
                "after=1.2.3",
                "limit=501",
            ).map { browser.get("/api/v1/calls", it) }

        problems.map { it.status }.toSet() shouldBe setOf(400)
        problems.map { it.header("Content-Type") }.toSet() shouldBe setOf("application/problem+json")
        problems.first().text() shouldContain "the filter 'state' cannot be 'undead'"
        browser.get("/calls", "order=due").text() shouldContain "the order DUE needs the state READY and handlers or a lane"
    }

    test("a cursor of another list is 400, and says so") {
        val next =
            Regex(
                "\"next\": \"([^\"]+)\"",
            ).find(browser.get("/api/v1/calls", "state=ready&handler=charge&order=due&limit=1").text())!!

        browser.get("/api/v1/calls", "order=newest&after=${next.groupValues[1]}").status shouldBe 400
    }

    test("a pasted unique key leads to its call") {
        val found = browser.get("/calls", "find=order%2F41233")
        found.status shouldBe 303
        found.header("Location") shouldBe "calls/${showcase.retrying.cid}"
        browser.get("/calls", "find=nothing").text() shouldContain "No call has the id or the unique key “nothing”."
    }

    test("a body above a mebibyte is 413") {
        val large = browser.request("POST", "/act").body(ByteArray(ConsoleRequest.LARGEST_BODY + 1))
        browser.send(large).status shouldBe 413
    }

    test("the mount without a slash leads to the one with it, and all links below /a/b are relative to it") {
        val mounted = TestBrowser(consoleOf(showcase), mount = "/a/b")
        mounted.get("").header("Location") shouldBe "b/"

        for (path in listOf("/", "/calls", "/calls/${showcase.retrying.cid}", "/runs/trip%2041007", "/nowhere/at/all")) {
            val html = mounted.get(path).text()
            val targets = Regex("(?:href|src|action)=\"([^\"]*)\"").findAll(html).map { it.groupValues[1] }.toList()
            targets.filter { it.startsWith("/") || ':' in it.substringBefore('?') }.shouldContainExactly()
            val up = "../".repeat(path.count { it == '/' } - 1)
            targets.filter { "assets/" in it }.all { it.startsWith(up + "assets/") } shouldBe true
        }
        mounted.post("/lanes", "lane" to "payments", "to" to "resume").header("Location") shouldBe "lanes"
    }
})
