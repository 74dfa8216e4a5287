@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.console

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest

private fun kindOf(event: ByteArray) =
    event.decodeToString().lineSequence().first() +
        Regex("\"id\":\"(\\w+)\"").find(event.decodeToString())?.let { " ${it.groupValues[1]}" }.orEmpty()

class LiveTest : FunSpec({
    test("a page that is open receives its fragments, and then what has changed") {
        val showcase = Showcase()
        runTest {
            val stream = TestBrowser(consoleOf(showcase)).get("/live", "view=workers").stream!!

            stream.take(3).toList().map(::kindOf) shouldContainExactly listOf(": connected", "event: fragment workers", ": unchanged")
        }
    }

    test("the overview has three fragments, in the markup of the page") {
        val showcase = Showcase()
        runTest {
            val browser = TestBrowser(consoleOf(showcase))
            val events =
                browser
                    .get("/live", "view=")
                    .stream!!
                    .take(4)
                    .toList()
            events.map(::kindOf) shouldContainExactly
                listOf(": connected", "event: fragment problems", "event: fragment totals", "event: fragment handlers")
            events[1].decodeToString() shouldContain "6 calls of charge died since yesterday"
        }
    }

    test("the twenty-first stream gets the advice to reload, and a place is free when another one has left") {
        val showcase = Showcase()
        runTest {
            val browser = TestBrowser(consoleOf(showcase))
            val jobs = List(20) { backgroundScope.launch { browser.get("/live", "view=workers").stream!!.collect {} } }
            runCurrent()
            kindOf(browser.get("/live", "view=workers").stream!!.first()) shouldBe "event: full"
            jobs.first().cancel()
            advanceTimeBy(1)
            kindOf(browser.get("/live", "view=workers").stream!!.first()) shouldBe ": connected"
        }
    }

    test("after an action a live page does not show what was read before it") {
        val showcase = Showcase()
        runTest {
            val browser = TestBrowser(consoleOf(showcase))

            suspend fun problems() =
                browser
                    .get("/live", "view=")
                    .stream!!
                    .take(2)
                    .toList()
                    .last()
                    .decodeToString()
            problems() shouldContain "The lane imports was paused"
            browser.post("/lanes", "lane" to "imports", "to" to "resume")
            problems() shouldNotContain "The lane imports was paused"
        }
    }

    test("a page without live updates is 404") {
        TestBrowser(consoleOf(Showcase())).get("/live", "view=audit").status shouldBe 404
    }
})
