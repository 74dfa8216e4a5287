package dev.reprise.console

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

private val pause = listOf("lane" to "payments", "to" to "pause")

class ForgeryTest : FunSpec({
    val showcase = Showcase()
    val console = consoleOf(showcase)

    suspend fun pausedLanes() =
        showcase.store.operations
            .lanes()
            .filter { it.isPaused }
            .map { it.name }

    afterTest { pausedLanes() shouldBe listOf("imports") }

    test("a form without a token, with a wrong one, and with that of another visitor changes nothing") {
        val browser = TestBrowser(console)
        browser.get("/lanes")
        val other = TestBrowser(console)
        val foreign =
            other
                .get("/lanes")
                .header("Set-Cookie")
                .orEmpty()
                .substringAfter('=')
                .substringBefore(';')

        val tokens = listOf(null, "", "0".repeat(32), foreign)
        tokens.map { token -> browser.postForm("/lanes", pause + listOfNotNull(token?.let { "csrf" to it })).status } shouldContainExactly
            listOf(403, 403, 403, 403)
    }

    test("a token in the form alone, without the cookie, proves nothing") {
        TestBrowser(console).postForm("/lanes", pause + ("csrf" to "0".repeat(32))).status shouldBe 403
    }

    test("a POST from a page of another site is refused, even with the right token") {
        val browser = TestBrowser(console)
        val token =
            browser
                .get("/lanes")
                .header("Set-Cookie")
                .orEmpty()
                .substringAfter('=')
                .substringBefore(';')
        val form = pause + ("csrf" to token)
        val strange =
            listOf(
                "Origin" to "https://evil.example",
                "Origin" to "null",
                "Origin" to "https://ops.example:8443",
                "Sec-Fetch-Site" to "cross-site",
            ) +
                listOf("Sec-Fetch-Site" to "same-site")

        strange.map { (name, value) -> browser.postForm("/lanes", form) { header(name, value) }.status }.toSet() shouldBe setOf(403)
    }

    test("the API needs its headers, which a page of another site cannot send") {
        val browser = TestBrowser(console)
        val body = """{"lane": "payments", "isPaused": true}"""

        browser.postJson("/api/v1/lanes", body, "Content-Type" to "application/json").status shouldBe 403
        browser.postJson("/api/v1/lanes", body, "Content-Type" to "text/plain", "X-Reprise-Request" to "1").status shouldBe 403
        browser
            .postJson(
                "/api/v1/lanes",
                body,
                "Content-Type" to "application/json",
                "X-Reprise-Request" to "1",
                "Origin" to "https://evil.example",
            ).status shouldBe
            403
    }

    test("the host's own protection takes the place of the console's") {
        val browser = TestBrowser(console)
        val page = browser.send(browser.request("GET", "/lanes").csrf("_csrf", "host-token")).text()

        page.contains("name=\"_csrf\" value=\"host-token\"") shouldBe true
        val resume = listOf("lane" to "payments", "to" to "resume", "_csrf" to "host-token")
        browser.postForm("/lanes", resume) { csrf("_csrf", "host-token") }.status shouldBe 303
    }

    test("the host's token is no filter of the calls that are meant") {
        val browser = TestBrowser(console)
        val retryNow = listOf("action" to "retry-now", "cid" to showcase.retrying.cid, "_csrf" to "host-token")
        browser.postForm("/act", retryNow) { csrf("_csrf", "host-token") }.status shouldBe 303
    }
})
