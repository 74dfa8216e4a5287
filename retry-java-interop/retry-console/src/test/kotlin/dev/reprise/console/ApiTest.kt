package dev.reprise.console

import dev.reprise.console.model.Payloads
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import java.io.File

/** What differs between runs, machines and versions, except ids. */
private val UNSTABLE =
    listOf(
        Regex("2026-[0-9T:.-]+Z") to "INSTANT",
        Regex("(\"(?:host|trace)\": )\"(?:[^\"\\\\]++|\\\\.)*+\"") to "$1\"SOME\"",
        Regex("(\"pid\": )\\d+(,\\s+\"version\": )(?:null|\"[^\"]*\")") to "$1\"SOME\"$2\"SOME\"",
    )

/**
 * The documents of the API, compared with files: `-Dgolden.update=true` writes them. Ids, instants and the like are
 * replaced, because they differ in every run.
 */
class ApiTest : FunSpec({
    val showcase = Showcase()
    val browser = TestBrowser(consoleOf(showcase))

    fun stable(text: String): String {
        val ids = LinkedHashMap<String, String>()
        val same = UNSTABLE.fold(text) { stable, (pattern, replacement) -> pattern.replace(stable, replacement) }
        return Regex("(?<=[\".])[0-9A-Za-z_-]{30,}(?=[\".])").replace(same) { ids.getOrPut(it.value) { "ID-${ids.size + 1}" } }
    }

    fun compare(
        name: String,
        text: String,
    ) {
        Json.parseToJsonElement(text).jsonObject
        val file = File("src/test/resources/api/$name.json")
        if (System.getProperty("golden.update") == "true") file.apply { parentFile.mkdirs() }.writeText(stable(text))
        stable(text) shouldBe file.readText()
    }

    for ((name, path) in mapOf(
        "overview" to "/api/v1/overview",
        "counts" to "/api/v1/counts",
        "calls" to "/api/v1/calls?state=dead&limit=1",
        "call" to "/api/v1/calls/${showcase.retrying.cid}",
        "groups" to "/api/v1/groups",
        "storm" to "/api/v1/storm",
        "policies" to "/api/v1/policies",
        "what-if" to "/api/v1/what-if?handler=charge&notation=every(1m)+maxAttempts(500)&calls=2",
        "workers" to "/api/v1/workers",
        "lanes" to "/api/v1/lanes",
        "runs" to "/api/v1/runs",
        "run" to "/api/v1/runs/trip%2041007",
        "audit" to "/api/v1/audit",
        "problem" to "/api/v1/calls/unknown",
    )) {
        test("the document $name is that of the file") {
            compare(name, browser.get(path.substringBefore('?'), path.substringAfter('?', "")).text())
        }
    }

    test("the documents of an action and of a payload are those of the files") {
        val revealing = TestBrowser(consoleOf(showcase) { payloads = Payloads.ON_REQUEST })

        compare("act", browser.postJson("/api/v1/act", """{"action": "replay", "filter": {"handler": "charge"}}""").text())
        compare("payload", revealing.postJson("/api/v1/calls/${showcase.retrying.cid}/payload", """{"reason": "ticket 4711"}""").text())
    }

    test("an action is a dry run unless it says otherwise, and returns what it did") {
        val filter = """"filter": {"state": "dead", "handler": ["charge"]}"""

        fun number(
            text: String,
            name: String,
        ) = Json
            .parseToJsonElement(text)
            .jsonObject
            .getValue(name)
            .toString()

        number(browser.postJson("/api/v1/act", """{"action": "replay", $filter}""").text(), "isDryRun") shouldBe "true"
        val done =
            browser
                .postJson(
                    "/api/v1/act",
                    """{"action": "replay", $filter, "dryRun": false, "rate": 10, "reason": "back"}""",
                ).text()
        number(done, "isDryRun") to number(done, "changed") shouldBe ("false" to "6")
    }

    test("a policy that was not in force is compared with what happened") {
        val text = browser.get("/api/v1/what-if", "handler=charge&notation=every(1m)+maxAttempts(500)&calls=20").text()
        val document = Json.parseToJsonElement(text).jsonObject

        document.getValue("totals").jsonArray.map {
            it.jsonObject
                .getValue("id")
                .jsonPrimitive.content
        } shouldBe listOf("attempts", "dead")
        document.getValue("calls").jsonArray.size shouldBe 20
    }

    test("a comparison without a handler, with a wrong notation or too many calls is 400") {
        val queries =
            listOf(
                "notation=every(1m)",
                "handler=charge",
                "handler=charge&notation=every(1m",
                "handler=charge&notation=every(1m)&calls=201",
            )

        queries.map { browser.get("/api/v1/what-if", it).status }.toSet() shouldBe setOf(400)
    }

    test("a body that cannot be read is 400 and changes nothing") {
        val bodies =
            listOf(
                "",
                "[]",
                "{",
                """{"action": "explode"}""",
                """{"action": "cancel"}""",
                """{"action": "cancel", "filter": "all"}""",
                """{"action": "cancel", "filter": {"x": "1"}}""",
            )
        bodies.map { browser.postJson("/api/v1/act", it).status }.toSet() shouldBe setOf(400)
        browser.postJson("/api/v1/lanes", """{"lane": "x"}""").status shouldBe 400
    }
})
