package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.console.model.Payloads
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain

class PayloadTest : FunSpec({
    val showcase = Showcase()
    val path = "/calls/${showcase.retrying.cid}"

    test("payloads are hidden by default, also from a POST and from the API") {
        val browser = TestBrowser(consoleOf(showcase))

        browser.get(path).text() shouldNotContain "<pre tabindex=\"0\" aria-label=\"Request\">"
        browser.post("$path/payload", "note" to "curious").status shouldBe 403
        browser.get("/api/v1$path").text() shouldNotContain "\"request\":"
    }

    test("on request, an operator who gives a reason sees one, and the audit says so") {
        val browser = TestBrowser(consoleOf(showcase) { payloads = Payloads.ON_REQUEST })

        browser.get(path).text() shouldContain "Reason to see it, for the audit"
        browser.post("$path/payload").status shouldBe 400
        browser.post("$path/payload", "note" to "ticket 4711").text() shouldContain "<pre tabindex=\"0\" aria-label=\"Request\">41233</pre>"
        val entry =
            showcase.store.operations
                .audit(null, 1)
                .items
                .single()
        "${entry.actor.name} ${entry.action} ${entry.reason}" shouldBe "ada reveal ticket 4711"
    }

    test("a reader never sees them on request") {
        val reader = TestBrowser(consoleOf(showcase, Access.Read) { payloads = Payloads.ON_REQUEST })

        reader.get(path).text() shouldNotContain "Reason to see it"
        reader.post("$path/payload", "note" to "curious").status shouldBe 403
    }

    test("what is redacted is not shown") {
        val browser =
            TestBrowser(
                consoleOf(showcase) {
                    payloads = Payloads.SHOWN
                    redact { handler, text -> "$handler: ${text.length} characters" }
                },
            )

        browser.get(path).text() shouldContain "<pre tabindex=\"0\" aria-label=\"Request\">charge: 5 characters</pre>"
        browser.get("/api/v1$path").text() shouldContain "\"request\": \"charge: 5 characters\""
    }
})
