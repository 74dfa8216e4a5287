package dev.reprise.console.browser

import dev.reprise.console.Console
import dev.reprise.console.ConsoleBuilder
import dev.reprise.console.ConsoleServer
import dev.reprise.console.Showcase
import dev.reprise.console.consoleOf
import dev.reprise.console.model.Access
import dev.reprise.console.model.Payloads
import dev.reprise.console.model.Stage
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.CallQuery
import dev.reprise.run.RetryBudget
import kotlinx.coroutines.runBlocking
import java.io.File

/** Takes pictures of every screen, wide and narrow, light and dark, into the folder that is the first argument; the others select screens by name. */
fun main(arguments: Array<String>) {
    val folder = File(arguments.first()).apply { mkdirs() }
    val showcase = Showcase()
    val names = arguments.drop(1)
    Chromium.start().use { browser ->
        ConsoleServer(consoleOf(showcase) { look() }, port = 0).use { server ->
            photograph(browser, server.start(), screensOf(showcase).filterKeys { names.isEmpty() || it in names }, folder)
        }
        ConsoleServer(Console(InMemoryCallStore()) { access { Access.Operate() } }, port = 0).use { server ->
            val empty = mapOf("empty-overview" to "", "empty-dead" to "dead", "empty-storm" to "storm")
            photograph(browser, server.start(), empty.filterKeys { names.isEmpty() || it in names }, folder)
        }
    }
}

private fun ConsoleBuilder.look() {
    stage = Stage.PRODUCTION
    payloads = Payloads.ON_REQUEST
    budget("gateway", RetryBudget(0.2, 10.0))
    budget("mail", RetryBudget(0.1, 0.1))
}

/** The screens by the names of their pictures. */
internal fun screensOf(showcase: Showcase): Map<String, String> {
    val dead =
        runBlocking {
            showcase.store.operations
                .calls(CallQuery.ALL.states(CallState.DEAD), null, 1)
                .items
                .single()
                .cid
        }
    return mapOf(
        "overview" to "",
        "calls" to "calls",
        "calls-filtered" to "calls?state=ready&handler=charge&retrying=true",
        "calls-more-filters" to "calls?version-below=1",
        "calls-none" to "calls?handler=nothing",
        "call-retrying" to "calls/${showcase.retrying.cid}",
        "call-blocked" to "calls/${showcase.blocked.cid}",
        "call-dead" to "calls/$dead",
        "dead" to "dead",
        "act-replay" to "act?action=replay&state=dead&handler=charge",
        "act-reschedule" to "act?action=reschedule&state=ready&handler=email",
        "act-cancel" to "act?action=cancel&state=ready&handler=email",
        "act-change-policy" to "act?action=change-policy&state=ready&handler=charge",
        "act-one" to "act?action=cancel&cid=${showcase.retrying.cid}",
        "storm" to "storm",
        "policies" to "policies",
        "what-if" to "what-if",
        "what-if-result" to "what-if?handler=charge&notation=exponential(1s,max=10m)+maxAttempts(20)",
        "what-if-wrong" to "what-if?handler=charge&notation=every(1m)+maxAttempt(5)",
        "workers" to "workers",
        "lanes" to "lanes",
        "runs" to "runs",
        "run-reverted" to "runs/trip%2041007",
        "run-done" to "runs/trip%2041006",
        "run-remove" to "runs/trip%2041007/act?action=remove",
        "audit" to "audit",
        "nowhere" to "nowhere",
    )
}

private fun photograph(
    browser: Chromium,
    root: String,
    screens: Map<String, String>,
    folder: File,
) {
    for ((name, path) in screens) {
        for (isDark in listOf(false, true)) {
            browser.appear(isDark)
            for (width in listOf(1280, 390)) {
                browser.size(width)
                browser.open(root + path)
                File(folder, "$name-$width-${if (isDark) "dark" else "light"}.png").writeBytes(browser.wholePage())
            }
        }
    }
}
