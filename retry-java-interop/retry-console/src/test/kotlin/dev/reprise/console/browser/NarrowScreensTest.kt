package dev.reprise.console.browser

import dev.reprise.console.ConsoleServer
import dev.reprise.console.Showcase
import dev.reprise.console.consoleOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe

/** The last of the journeys: through all screens, with a small window. */
class NarrowScreensTest : FunSpec({
    test("15: all screens at 390 px without scripts: nothing scrolls sideways").config(enabled = Chromium.isThere) {
        val showcase = Showcase()
        Chromium.start(hasScripts = false).use { browser ->
            ConsoleServer(consoleOf(showcase), port = 0).use { server ->
                val root = server.start()
                browser.size(390)
                for ((name, page) in screensOf(showcase)) {
                    browser.open(root + page)
                    browser.all("h1").size shouldBe 1
                    Accessibility(browser).problems().map { "$name: $it" }.shouldBeEmpty()
                    // A scroll bar takes some of the width.
                    "$name is ${browser.width.coerceAtLeast(390)} px wide" shouldBe "$name is 390 px wide"
                }
            }
        }
    }
})
