package dev.reprise.console.internal.api

import dev.reprise.console.internal.kit.CallFilter
import dev.reprise.console.internal.kit.Document
import dev.reprise.console.internal.kit.Refusal
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.pages.KnownPolicies
import dev.reprise.console.internal.pages.Overview
import dev.reprise.console.internal.pages.PoliciesPage
import dev.reprise.console.internal.pages.RunPage
import dev.reprise.console.internal.pages.RunsPage
import dev.reprise.console.internal.pages.Storm
import dev.reprise.console.internal.pages.WhatIfPage
import dev.reprise.console.internal.pages.WhatIfTotals
import dev.reprise.console.internal.pages.WorkersPage
import dev.reprise.console.model.Payloads
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.GroupBy

/** The documents of the API that are read, one for each screen. */
internal object ApiQueries {
    suspend fun overview(visit: Visit): Document {
        val overview = Overview.read(visit)
        return Document(
            mapOf(
                "problems" to overview.problems.map { mapOf("isBad" to it.isBad, "text" to it.text, "more" to it.more, "link" to it.link) },
                "durability" to overview.durability?.toDocument(),
                "totals" to CallState.entries.associate { it.name to overview.total(it) },
                "handlers" to
                    overview.handlers.map { handler ->
                        mapOf(
                            "handler" to handler.name,
                            "lane" to handler.lane,
                            "isPaused" to handler.isPaused,
                            "due" to handler.due,
                            "dueLater" to handler.dueLater,
                            "retrying" to handler.retrying,
                            "calls" to CallState.entries.associate { it.name to handler.count(it) },
                        )
                    },
            ),
        )
    }

    suspend fun counts(visit: Visit) =
        Document(
            mapOf(
                "counts" to
                    visit.settings.queue.counts().sortedWith(compareBy({ it.handler }, { it.state })).map {
                        mapOf(
                            "handler" to it.handler,
                            "state" to it.state,
                            "calls" to it.calls,
                        )
                    },
            ),
        )

    suspend fun calls(visit: Visit): Document {
        val page = visit.operator.calls(CallFilter.of(visit.request.query), CallFilter.cursor(visit), CallFilter.limit(visit))
        return Document(mapOf("calls" to page.items.map { it.toDocument() }, "isComplete" to page.isComplete, "next" to page.next))
    }

    suspend fun call(
        visit: Visit,
        cid: String,
    ): Document {
        val call = visit.settings.queue.find(cid) ?: throw Refusal.noCall(cid)
        val why = visit.settings.queue.why(cid)
        val errors = visit.settings.queue.errors(cid)
        val children = visit.operator.calls(CallQuery.ALL.origCid(cid), null, MOST_CHILDREN).items
        val payloads = if (visit.settings.payloads == Payloads.SHOWN) payloads(visit, call) else emptyMap()
        return Document(
            mapOf("why" to mapOf("reason" to why.reason, "text" to why.text), "call" to call.toDocument() + payloads) +
                mapOf("errors" to errors.map { it.toDocument() }, "children" to children.map { it.cid }),
        )
    }

    suspend fun groups(visit: Visit): Document {
        val by =
            visit
                .parameter("by")
                ?.split(',')
                ?.map(::groupBy)
                ?.toSet()
                ?: setOf(GroupBy.HANDLER, GroupBy.ERROR_TYPE, GroupBy.HANDLER_VERSION)
        val filter = CallFilter.of(visit.request.query)
        val groups = visit.operator.groups(if (filter.states.isEmpty()) filter.states(CallState.DEAD) else filter, by)
        return Document(mapOf("groups" to groups.map { it.toDocument() }))
    }

    private fun groupBy(text: String): GroupBy {
        val name = text.trim().uppercase().replace('-', '_')
        val known = GroupBy.entries.joinToString { it.name.lowercase().replace('_', '-') }
        return requireNotNull(GroupBy.entries.firstOrNull { it.name == name }) { "calls cannot be grouped by '$text'; there are $known" }
    }

    suspend fun storm(visit: Visit): Document {
        val storm = Storm.read(visit)
        return Document(
            mapOf(
                "minutes" to
                    storm.minutes.map { mapOf("at" to it.at, "firstAttempts" to it.first, "retries" to it.retries, "errors" to it.errors) },
                "due" to
                    storm.due.mapIndexed {
                        i,
                        number,
                        ->
                        mapOf("at" to storm.dueAt(i), "calls" to number, "isExact" to (number < Storm.CAP))
                    },
                "spike" to storm.spike?.let { mapOf("at" to it.at, "calls" to it.number) },
                "budgets" to visit.settings.budgets.map { (name, budget) -> mapOf("name" to name, "left" to budget.available) },
            ),
        )
    }

    suspend fun policies(visit: Visit) =
        Document(
            mapOf(
                "policies" to
                    PoliciesPage.read(visit).map { (notation, calls) ->
                        mapOf("notation" to notation, "calls" to calls.groupingBy { it.handler }.eachCount().toSortedMap())
                    },
            ),
        )

    suspend fun whatIf(visit: Visit): Document {
        val handler = requireNotNull(visit.parameter("handler")) { "the parameter 'handler' is missing" }
        val notation = requireNotNull(visit.parameter("notation")) { "the parameter 'notation' is missing" }
        val replayed = WhatIfPage.replay(visit, handler, KnownPolicies.of(notation))
        return Document(
            mapOf(
                "handler" to handler,
                "notation" to notation,
                "totals" to
                    WhatIfTotals(replayed).lines.map {
                        mapOf(
                            "id" to it.id,
                            "title" to it.words,
                            "was" to it.was,
                            "wouldHaveBeen" to it.would,
                        )
                    },
                "calls" to replayed.map { it.toDocument() },
            ),
        )
    }

    suspend fun workers(visit: Visit) = Document(mapOf("workers" to WorkersPage.read(visit).map { it.toDocument() }))

    suspend fun lanes(visit: Visit) = Document(mapOf("lanes" to visit.operator.lanes().map { it.toDocument() }))

    suspend fun runs(visit: Visit): Document {
        val page = RunsPage.read(visit)
        return Document(mapOf("runs" to page.runs.map { it.toDocument() }, "next" to page.next))
    }

    suspend fun run(
        visit: Visit,
        id: String,
    ): Document {
        val run = RunPage.read(visit, id)
        return Document(
            mapOf("run" to run.summary.toDocument(), "tasks" to run.tasks.map { it.toDocument() }, "mermaid" to run.toMermaid()),
        )
    }

    suspend fun audit(visit: Visit): Document {
        val page = visit.operator.audit(CallFilter.cursor(visit), CallFilter.limit(visit))
        return Document(mapOf("entries" to page.items.map { it.toDocument() }, "next" to page.next))
    }

    private const val MOST_CHILDREN = 100
}
