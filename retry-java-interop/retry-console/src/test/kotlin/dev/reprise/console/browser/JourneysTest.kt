package dev.reprise.console.browser

import dev.reprise.console.ConsoleBuilder
import dev.reprise.console.ConsoleServer
import dev.reprise.console.Showcase
import dev.reprise.console.charge
import dev.reprise.console.consoleOf
import dev.reprise.console.email
import dev.reprise.console.model.Access
import dev.reprise.console.model.Payloads
import dev.reprise.console.ship
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.withTimeout
import org.openqa.selenium.Keys
import java.net.ConnectException
import java.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

/** A console of its own for each journey, in a browser that all share. */
class JourneysTest : FunSpec({
    val chromium by lazy { Chromium.start() }
    afterSpec { if (Chromium.isThere) chromium.close() }

    fun journey(
        name: String,
        access: Access = Access.Operate(),
        settings: ConsoleBuilder.() -> Unit = {},
        steps: suspend Journey.() -> Unit,
    ) = test(name).config(enabled = Chromium.isThere) {
        val showcase = Showcase()
        ConsoleServer(consoleOf(showcase, access, settings), port = 0).use { server ->
            chromium.size(1280)
            chromium.open("about:blank")
            chromium.complaints()
            Journey(chromium, showcase, server.start()).apply {
                steps()
                browser.complaints().shouldBeEmpty()
                Accessibility(browser).problems().shouldBeEmpty()
                // Streams end before the server does.
                browser.open("about:blank")
            }
        }
    }

    journey("1: the overview names the worst problem and links to it") {
        open("")
        browser.all(".problems .bad strong").first().text shouldContain "attempts of charge failed in the last 10 minutes."
        browser.link("Show what waits").click()
        browser.css("h1").text shouldBe "Calls"
        browser.all("tbody tr").size shouldBe 50
    }

    journey("2: a call is found by its unique key, and says why it waits") {
        open("calls")
        browser.send("input[name=find]", "order/41233")
        browser.css("h1").text shouldBe "charge order 41233"
        browser.css(".why").text shouldContain "It is due at"
    }

    journey("3: a call behind a dead one continues when that is replayed") {
        open("calls/${showcase.blocked.cid}")
        browser.css("#why a").click()
        val head = browser.url.substringAfterLast('/')
        LiveWorker(showcase) { handle(ship, lane = "shipping") { "shipped" } }.use { worker ->
            browser.button("Replay…").click()
            browser.css("textarea").sendKeys("the address is known")
            browser.button("Replay 1 call").click()
            withTimeout(20.seconds) { worker.queue.awaitEnd(showcase.blocked.cid) }
        }
        for (cid in listOf(head, showcase.blocked.cid)) {
            open("calls/$cid")
            browser.css(".state.succeeded").text shouldContain "succeeded"
        }
    }

    journey("4: a hundred dead calls of one class after a deployment: dry run, replay at a rate, due times are spread") {
        LiveWorker(showcase) { handle(charge, lane = "payments", version = 5) { throw ConnectException("refused") } }.use { worker ->
            val orders = List(100) { "order $it" }
            val calls =
                worker.queue.enqueueAll(charge, orders) {
                    policy("every(1s) maxAttempts(1)")
                    tags("deployment")
                }
            calls.forEach { worker.queue.awaitEnd(it.cid) }
        }
        open("dead")
        browser.button("Replay…").click()
        browser.text shouldContain "100 calls would be replayed."
        browser.css("textarea").sendKeys("the gateway is back")
        browser.button("Replay 100 calls").click()
        browser.css(".note.good").text shouldBe "Done: replay 10.0/s, 100 calls of 100 changed."
        val due = calls(CallQuery.ALL.tags("deployment")).map { it.dueAt }.sorted()
        due.toSet().size shouldBe 100
        Duration.between(due.first(), due.last()) shouldBe Duration.ofMillis(9_900)
    }

    journey("5: all calls that fit are cancelled, as many as the dry run says") {
        RetryQueue.on(showcase.store).enqueueAll(email, List(600) { "newsletter ${1_000 + it}" }) { delay = 5.hours }
        open("calls?state=ready&handler=email")
        browser.link("Cancel…").click()
        val expected = Regex("(\\d+) calls would be cancelled").find(browser.text)!!.groupValues[1]
        expected.toInt() shouldBeGreaterThan 700
        browser.css("textarea").sendKeys("the newsletter was withdrawn")
        browser.button("Cancel $expected calls").click()
        browser.css(".note.good").text shouldBe "Done: cancel, $expected calls of $expected changed."
        calls(CallQuery.ALL.handlers("email").states(CallState.READY)).shouldBeEmpty()
    }

    journey("6: a call that waits is retried now") {
        open("calls/${showcase.retrying.cid}")
        browser.button("Retry now…").click()
        browser.button("Retry 1 call now").click()
        browser.css(".note.good").text shouldContain "Done"
        showcase.store.find(showcase.retrying.cid)!!.dueAt shouldBe showcase.now.toEpochMilli()
    }

    journey("7: nothing of a paused lane starts until it is resumed, and the audit shows both") {
        val (settle, other) = target("settle") to target("other")
        val worker =
            LiveWorker(showcase) {
                handle(settle, lane = "payments") { "settled" }
                handle(other) { "done" }
            }
        worker.use {
            open("lanes")
            browser.css("input[aria-label='Reason to pause payments']").sendKeys("gateway away")
            browser.button("Pause payments").click()
            browser.button("Resume payments")
            val (held, done) = listOf(settle, other).map { target -> worker.queue.enqueue(target, "1").cid }
            withTimeout(20.seconds) { worker.queue.awaitEnd(done) }
            showcase.store
                .find(held)!!
                .counters.claims shouldBe 0
            browser.button("Resume payments").click()
            withTimeout(20.seconds) { worker.queue.awaitEnd(held) }
        }
        browser.link("Audit").click()
        browser.text shouldContain "gateway away"
        browser.all("tbody tr").take(2).map {
            it
                .findElement(
                    org.openqa.selenium.By
                        .cssSelector("code"),
                ).text
        } shouldBe
            listOf("resume", "pause")
    }

    journey("8: what if shows ranges, and the policy is applied to waiting calls") {
        open("what-if?handler=charge")
        browser.send("input[name=notation]", "every(1m) maxAttempts(500)")
        browser.text shouldContain "What it would have done"
        browser.button("Apply it to waiting calls").click()
        browser.css("textarea").sendKeys("the gateway recovers slowly")
        browser.all("form[method=post] button[type=submit]").single().click()
        browser.await { "Done: change-policy" in browser.text }
        showcase.store
            .find(showcase.retrying.cid)!!
            .request.policy shouldBe "every(1m) maxAttempts(500)"
        open("calls/${showcase.retrying.cid}")
        browser.text shouldContain "of 500 is next"
    }

    journey("9: the storm page shows the spike, and spreading removes it") {
        open("storm")
        browser.text shouldContain "calls become due at 14:03."
        browser.button("Spread them…").click()
        browser.all("form[method=post] button[type=submit]").single().click()
        browser.await { "Done: spread" in browser.text }
        open("storm")
        browser.text shouldNotContain "calls become due at"
    }

    journey("10: the graph of a reverted run has the order of the reverts") {
        open("runs")
        browser.link("trip 41007").click()
        browser.all(".workflow-drawing .number").size shouldBeGreaterThan 1
        browser.text shouldContain "Connection refused: bank.example"

        SuspendedRun(showcase).use { run ->
            val id = run.start()
            open("runs/$id")
            browser.css(".state.suspended").text shouldContain "suspended"
            browser.button("Undo…").click()
            browser.text shouldContain "2 tasks would be reverted."
            browser.css("input[name=note]").sendKeys("the customer stays")
            browser.button("Undo the run").click()
            run.awaitUndone()
            open("runs/$id")
            browser.css(".state.reverted").text shouldContain "reverted"
            browser.all(".workflow-drawing .on-number").map { it.text }.sorted() shouldBe listOf("1", "2")
        }
    }

    journey("11: a reader has no button anywhere", Access.Read) {
        for (page in listOf("", "calls", "calls/${showcase.retrying.cid}", "dead", "lanes", "runs/trip%2041007", "audit")) {
            open(page)
            browser.all("form[method=post], a.button[href*=act]").shouldBeEmpty()
        }
        val forged = "const r = new XMLHttpRequest(); r.open('POST', 'lanes', false); r.send('lane=payments&to=pause'); return r.status"
        browser.script(forged) shouldBe 403
        browser.complaints().single() shouldContain "403"
    }

    journey("12: a payload is hidden until an operator gives a reason", settings = { payloads = Payloads.ON_REQUEST }) {
        open("calls/${showcase.retrying.cid}")
        browser.all("pre[aria-label=Request]").shouldBeEmpty()
        browser.send("input[name=note]", "ticket 4711")
        browser.css("pre[aria-label=Request]").text shouldBe "41233"
        open("audit")
        browser.css("tbody tr").text shouldContain "ticket 4711"
    }

    journey("13: counts change without a reload, and a pause stops them") {
        open("")
        browser.await { browser.css("#live-status").text.startsWith("Live") }
        val before = browser.css(".tiles .bad strong").text
        showcase.store.discard(calls(CallQuery.ALL.states(CallState.DEAD)).take(2).map { it.cid })
        browser.await { browser.css(".tiles .bad strong").text != before }
        browser.css("#live-pause").click()
        browser.css("#live-status").text shouldBe "Paused"
    }

    journey("14: the keyboard alone replays dead calls") {
        open("dead")
        val keys = { keys: Keys ->
            org.openqa.selenium.interactions
                .Actions(browser.webDriver)
                .sendKeys(keys)
                .perform()
        }
        generateSequence { browser.focused }.onEach { keys(Keys.TAB) }.first { "Replay…" == browser.focused }
        keys(Keys.ENTER)
        browser.await { browser.text.contains("What would happen") }
        generateSequence { browser.focused }.onEach { keys(Keys.TAB) }.first { browser.focusedTag == "textarea" }
        org.openqa.selenium.interactions
            .Actions(browser.webDriver)
            .sendKeys("because", Keys.TAB, Keys.ENTER)
            .perform()
        browser.await { browser.text.contains("Done: replay 10.0/s") }
    }
})

/** A walk through one console. */
internal class Journey(
    val browser: Chromium,
    val showcase: Showcase,
    private val root: String,
) {
    fun open(path: String) = browser.open(root + path)

    suspend fun calls(query: CallQuery): List<CallSummary> =
        showcase.store.operations
            .calls(query, null, 500)
            .items
}
