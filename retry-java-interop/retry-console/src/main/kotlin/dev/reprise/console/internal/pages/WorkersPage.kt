package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.Html
import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.kit.Column
import dev.reprise.console.internal.kit.Fragment
import dev.reprise.console.internal.kit.HtmlPage
import dev.reprise.console.internal.kit.Visit
import dev.reprise.console.internal.kit.age
import dev.reprise.console.internal.kit.card
import dev.reprise.console.internal.kit.fragment
import dev.reprise.console.internal.kit.nothing
import dev.reprise.console.internal.kit.rows
import dev.reprise.console.internal.kit.state
import dev.reprise.queue.operate.WorkerInfo

/** The workers: their leases, versions and load. */
internal object WorkersPage {
    suspend fun show(visit: Visit): HtmlPage {
        val fragments = fragments(visit)
        return HtmlPage("Workers", section = "workers", isLive = true) { fragments.forEach { fragment(it) } }
    }

    suspend fun fragments(visit: Visit): List<Fragment> {
        val workers = read(visit)
        return listOf(
            Fragment("workers") { card(null) { if (workers.isEmpty()) nothing("No worker has a lease.") else table(visit, workers) } },
        )
    }

    /** The workers, those with a valid lease first; of several leases of one name the latest first. */
    suspend fun read(visit: Visit): List<WorkerInfo> =
        visit.operator.workers().sortedWith(compareBy<WorkerInfo>({ !it.isValid }, { it.name }).thenByDescending { it.validUntil })

    private fun Html.table(
        visit: Visit,
        workers: List<WorkerInfo>,
    ) = rows(
        "Workers",
        workers,
        listOf(
            Column("Worker") { worker ->
                "strong" { +worker.name }
                "div"("class" to "quiet small mono", "title" to worker.nonce) { +worker.nonce.take(SHORT) }
            },
            Column("Process") { worker ->
                +listOfNotNull(worker.host, worker.pid?.let { "pid $it" }).joinToString(", ").ifEmpty { "unknown" }
                worker.applicationVersion?.let { "div"("class" to "small") { +"Version $it" } }
                worker.version?.let { "div"("class" to "quiet small") { +"Reprise $it" } }
            },
            Column("Started") { worker -> worker.startedAt?.let { age(it, visit.now) } ?: +"–" },
            Column("Lease") { lease(visit, it) },
            Column("Lanes, with calls at a time") { worker ->
                +worker.lanes.joinToString { "${it.name} ${it.concurrency}" + if (it.isPaused) " (paused)" else "" }
            },
            Column("Handlers") { worker ->
                +worker.handlers.joinToString {
                    it.name + (
                        it.version?.let { version ->
                            " v$version"
                        } ?: ""
                    )
                }
            },
            Column("In flight", isNumber = true) { +it.inFlight.toLong().grouped() },
            Column("Hung", isNumber = true) { if (it.hung == 0) +"0" else state("${it.hung} hung", "hung") },
        ),
    )

    private fun Html.lease(
        visit: Visit,
        worker: WorkerInfo,
    ) {
        if (worker.isValid) return state("valid", "succeeded")
        state(if (worker.inFlight > 0) "lost" else "over", if (worker.inFlight > 0) "dead" else "cancelled")
        +" "
        age(worker.validUntil, visit.now)
    }

    private const val SHORT = 8
}
