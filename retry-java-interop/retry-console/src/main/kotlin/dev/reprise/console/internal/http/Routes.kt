package dev.reprise.console.internal.http

import dev.reprise.console.internal.api.ApiActions
import dev.reprise.console.internal.api.ApiQueries
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Reply
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.pages.ActPage
import dev.reprise.console.internal.pages.AuditPage
import dev.reprise.console.internal.pages.CallPage
import dev.reprise.console.internal.pages.CallsPage
import dev.reprise.console.internal.pages.DeadPage
import dev.reprise.console.internal.pages.HostedPage
import dev.reprise.console.internal.pages.LanesPage
import dev.reprise.console.internal.pages.OverviewPage
import dev.reprise.console.internal.pages.PoliciesPage
import dev.reprise.console.internal.pages.RunPage
import dev.reprise.console.internal.pages.RunsPage
import dev.reprise.console.internal.pages.StormPage
import dev.reprise.console.internal.pages.WhatIfPage
import dev.reprise.console.internal.pages.WorkersPage
import dev.reprise.console.model.ConsoleRequest

/** Responds to a request; the value of `*` in its path comes with it. */
private typealias Route = suspend (visit: Visit, segment: String) -> Reply

/** Which path and method lead to which page. */
internal object Routes {
    private class Entry(
        val method: String,
        val path: List<String>,
        val route: Route,
    )

    private val entries =
        listOf(
            get("/") { visit, _ -> OverviewPage.show(visit) },
            get("/calls") { visit, _ -> CallsPage.show(visit) },
            get("/calls/*") { visit, cid -> CallPage.show(visit, cid) },
            post("/calls/*/payload") { visit, cid -> CallPage.reveal(visit, cid) },
            get("/act") { visit, _ -> ActPage.ask(visit) },
            post("/act") { visit, _ -> ActPage.act(visit) },
            get("/dead") { visit, _ -> DeadPage.show(visit) },
            get("/storm") { visit, _ -> StormPage.show(visit) },
            get("/policies") { visit, _ -> PoliciesPage.show(visit) },
            get("/what-if") { visit, _ -> WhatIfPage.show(visit) },
            get("/workers") { visit, _ -> WorkersPage.show(visit) },
            get("/lanes") { visit, _ -> LanesPage.show(visit) },
            post("/lanes") { visit, _ -> LanesPage.act(visit) },
            get("/runs") { visit, _ -> RunsPage.show(visit) },
            get("/runs/*") { visit, id -> RunPage.show(visit, id) },
            get("/runs/*/act") { visit, id -> RunPage.ask(visit, id) },
            post("/runs/*/act") { visit, id -> RunPage.act(visit, id) },
            get("/hosted") { visit, _ -> HostedPage.show(visit) },
            get("/audit") { visit, _ -> AuditPage.show(visit) },
            get("/api/v1/overview") { visit, _ -> ApiQueries.overview(visit) },
            get("/api/v1/counts") { visit, _ -> ApiQueries.counts(visit) },
            get("/api/v1/calls") { visit, _ -> ApiQueries.calls(visit) },
            get("/api/v1/calls/*") { visit, cid -> ApiQueries.call(visit, cid) },
            get("/api/v1/groups") { visit, _ -> ApiQueries.groups(visit) },
            get("/api/v1/storm") { visit, _ -> ApiQueries.storm(visit) },
            get("/api/v1/policies") { visit, _ -> ApiQueries.policies(visit) },
            get("/api/v1/what-if") { visit, _ -> ApiQueries.whatIf(visit) },
            get("/api/v1/workers") { visit, _ -> ApiQueries.workers(visit) },
            get("/api/v1/lanes") { visit, _ -> ApiQueries.lanes(visit) },
            get("/api/v1/runs") { visit, _ -> ApiQueries.runs(visit) },
            get("/api/v1/runs/*") { visit, id -> ApiQueries.run(visit, id) },
            get("/api/v1/audit") { visit, _ -> ApiQueries.audit(visit) },
            post("/api/v1/calls/*/payload") { visit, cid -> ApiActions.reveal(visit, cid) },
            post("/api/v1/act") { visit, _ -> ApiActions.act(visit) },
            post("/api/v1/lanes") { visit, _ -> ApiActions.lane(visit) },
            post("/api/v1/runs/*") { visit, id -> ApiActions.run(visit, id) },
        )

    private fun get(
        path: String,
        route: Route,
    ) = Entry("GET", path.split('/'), route)

    private fun post(
        path: String,
        route: Route,
    ) = Entry("POST", path.split('/'), route)

    /** The reply to a visit. HEAD is a GET whose body is left out later. */
    suspend fun reply(visit: Visit): Reply {
        val path = visit.request.path.split('/')
        val here = entries.filter { fits(it.path, path) }
        if (here.isEmpty()) throw Refusal.notFound("There is no page ${visit.request.path} in this console.")
        val method = if (visit.request.method == "HEAD") "GET" else visit.request.method
        val entry = here.firstOrNull { it.method == method } ?: throw notAllowed(here, visit)
        if (method == "POST") Gate.requireOwnPage(visit)
        return entry.route(visit, segment(entry.path, path))
    }

    private fun notAllowed(
        here: List<Entry>,
        visit: Visit,
    ): Refusal {
        val methods = here.flatMap { if (it.method == "GET") listOf("GET", "HEAD") else listOf(it.method) }.joinToString()
        return Refusal(405, "${visit.request.path} can be requested with $methods, and not with ${visit.request.method}.", methods)
    }

    private fun fits(
        pattern: List<String>,
        path: List<String>,
    ) = pattern.size == path.size && pattern.indices.all { pattern[it] == path[it] || (pattern[it] == "*" && path[it].isNotEmpty()) }

    private fun segment(
        pattern: List<String>,
        path: List<String>,
    ): String = pattern.indexOf("*").let { if (it < 0) "" else ConsoleRequest.decodedSegment(path[it]) }
}
