package dev.reprise.console.internal.kit

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.forPeople
import dev.reprise.console.internal.html.html
import dev.reprise.console.model.Access

private class Entry(
    val path: String,
    val name: String,
)

private val QUEUE =
    listOf(
        Entry("", "Overview"),
        Entry("calls", "Calls"),
        Entry("dead", "Dead"),
        Entry("storm", "Storm"),
        Entry("policies", "Policies"),
        Entry("workers", "Workers"),
        Entry("lanes", "Lanes"),
    )

/** The whole document of a page. */
internal fun document(
    page: HtmlPage,
    visit: Visit,
): String =
    "<!doctype html>\n" +
        html {
            "html"("lang" to "en") {
                head(page, visit)
                "body" {
                    "a"("class" to "skip", "href" to "#main") { +"Skip to the content" }
                    top(page, visit)
                    "main"("id" to "main", "data-live" to if (page.isLive) liveLink(visit) else null) {
                        "h1" { +page.title }
                        page.content(this)
                    }
                    bottom(page, visit)
                }
            }
        }

private fun liveLink(visit: Visit) = visit.link("live", "view" to visit.request.path.removePrefix("/"))

private fun Html.head(
    page: HtmlPage,
    visit: Visit,
) = "head" {
    "meta"("charset" to "utf-8")
    "meta"("name" to "viewport", "content" to "width=device-width, initial-scale=1")
    "meta"("name" to "robots", "content" to "noindex")
    "title" { +"${page.title} · ${visit.settings.title}" }
    "link"("rel" to "stylesheet", "href" to visit.root + Assets.stylesheetPath)
    "script"("src" to visit.root + Assets.scriptPath, "defer" to true)
}

private fun Html.top(
    page: HtmlPage,
    visit: Visit,
) = "header" {
    val stage = visit.settings.stage
    "div"("class" to "stage ${stage.name.lowercase()}") { "span" { +stage.forPeople() } }
    "div"("class" to "top") {
        "div" {
            "a"("class" to "brand", "href" to visit.link("")) {
                +visit.settings.title
                "span" { +" console" }
            }
            "nav"("aria-label" to "Screens") { navigation(page, visit) }
        }
    }
}

private fun Html.navigation(
    page: HtmlPage,
    visit: Visit,
) = "ul" {
    val runs = if (visit.settings.workflows == null) emptyList() else listOf(Entry("runs", "Runs"))
    val hosted = if (visit.settings.hosted.isEmpty()) emptyList() else listOf(Entry("hosted", "Hosted"))
    (QUEUE + runs + hosted + Entry("audit", "Audit")).forEach { entry ->
        "li" {
            "a"("href" to visit.link(entry.path), "aria-current" to if (entry.path == page.section) "page" else null) { +entry.name }
        }
    }
}

private fun Html.bottom(
    page: HtmlPage,
    visit: Visit,
) = "footer" {
    "span" { +"${visit.now.forPeople()} UTC" }
    val role = if (visit.access is Access.Operate) "can operate" else "can read"
    visit.request.user?.let { "span" { +"$it, $role" } }
    if (page.isLive) {
        "span"("id" to "live-status", "role" to "status") { +"Reload for news" }
        "button"("id" to "live-pause", "type" to "button", "class" to "small", "aria-pressed" to "false", "hidden" to true) { +"Pause" }
    }
}
