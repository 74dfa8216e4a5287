package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.GroupWriter
import dev.reprise.internal.jdbc.isRejection
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.sql.SQLException

/**
 * Writes the steps of runs: those of many runs at the same time in one transaction, with one wait for the disk. A run returns when its own step is on
 * the disk, and does not wait for others if it is alone. If the database rejects a step, the others of its transaction are written without it.
 */
internal class RunWrites(
    write: suspend (List<RunWrite>) -> List<Boolean>,
) {
    private val groups = GroupWriter(LARGEST, RunWrite::size, ::isWorthSplitting, write)

    /** Returns false, and writes nothing, if the run does not belong to the claim, or, for a new one, if there is a run of that id. */
    suspend fun write(write: RunWrite): Boolean =
        // The next group must not wait for the threads of the caller that wrote this one.
        withContext(Dispatchers.Unconfined) { groups.submit(write) }

    private companion object {
        /** In rows. */
        const val LARGEST = 2_000

        /** If the database does not respond, it does not respond to half of it either. */
        fun isWorthSplitting(failure: Throwable): Boolean {
            val cause = failure.cause as? SQLException ?: return true
            return cause.isRejection()
        }
    }
}

/** The statements for a group of writes. */
internal fun interface RunWriteStatements {
    /** Writes [group]; returns for each whether it counted. */
    suspend fun write(group: List<RunWrite>): List<Boolean>
}
