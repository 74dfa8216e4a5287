package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.GroupWriter
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** Looks whether runs are stored: many that are opened at the same time with one query. */
internal class RunLookups(
    stored: suspend (List<String>) -> Set<String>,
) {
    private val groups =
        GroupWriter<String, Boolean>(LARGEST, { GroupWriter.Size(1, it.length.toLong()) }, isWorthSplitting = { false }) { runs ->
            val known = stored(runs)
            runs.map { it in known }
        }

    /** True if something is stored of [run]. */
    suspend fun isStored(run: String): Boolean = withContext(Dispatchers.Unconfined) { groups.submit(run) }

    private companion object {
        const val LARGEST = 500
    }
}
