package dev.reprise.internal.workflow.calls

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.undoKeyOf
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Page
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.operate.RunSummary
import dev.reprise.workflow.spi.WorkflowStore
import java.time.InstantSource
import kotlin.time.Duration.Companion.hours
import kotlin.time.toJavaDuration

/** Removes runs of the durable workflow named [workflow] whose calls are gone: purged, discarded, or never stored. */
internal class OrphanedRuns(
    private val store: WorkflowStore,
    private val clock: InstantSource,
    private val workflow: String,
    /** The handler that undoes them. */
    private val undoHandler: String,
) {
    /** Where the next look starts. */
    private var after: String? = null

    /** Looks at a page of runs; [calls] returns the first calls that fit a query. */
    suspend fun remove(calls: suspend (CallQuery) -> Page<CallSummary>) {
        val page = store.runs(RunQuery.ALL.workflow(workflow).changedBefore(clock.instant() - AGE.toJavaDuration()), after, PAGE)
        after = page.next
        val orphaned = withoutCall(page.runs.filter { it.isOfCall && !it.isOwned }, calls)
        if (orphaned.isNotEmpty()) store.remove(notToBeUndone(orphaned, calls).map { it.id })
    }

    private suspend fun withoutCall(
        runs: List<RunSummary>,
        calls: suspend (CallQuery) -> Page<CallSummary>,
    ): List<RunSummary> {
        if (runs.isEmpty()) return runs
        val found = calls(CallQuery.ALL.cids(*runs.map { it.id }.toTypedArray()))
        val known = found.items.map { it.cid }.toSet()
        return if (found.isComplete) runs.filter { it.id !in known } else emptyList()
    }

    /** What is to be undone, also after a failure that an operator has to look at, is still needed. If that is not known, everything is. */
    private suspend fun notToBeUndone(
        runs: List<RunSummary>,
        calls: suspend (CallQuery) -> Page<CallSummary>,
    ): List<RunSummary> {
        val undoing = calls(CallQuery.ALL.handlers(undoHandler).states(*NOT_UNDONE))
        val keys = undoing.items.mapTo(HashSet()) { it.uniqueKey }
        val isKnown = undoing.isComplete && undoing.next == null && null !in keys
        return if (isKnown) runs.filter { undoKeyOf(it.id) !in keys } else emptyList()
    }

    private companion object {
        /** A call that is attempted before it is stored is not found meanwhile. */
        val AGE = 1.hours
        const val PAGE = 100
        val NOT_UNDONE = arrayOf(CallState.READY, CallState.HELD, CallState.RUNNING, CallState.DEAD)
    }
}
