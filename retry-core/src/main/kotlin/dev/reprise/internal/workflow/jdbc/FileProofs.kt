package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.FileLocks
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.util.ProcessIdentity
import java.io.IOException
import java.nio.file.Files
import java.util.UUID
import kotlin.io.path.Path
import kotlin.io.path.name

/** Proofs for an SQLite file, by locks of the operating system. All runs of a dead process are freed at once, when it is looked for. */
internal class FileProofs(
    private val tables: WorkflowTables,
) : RunProofs(ProcessIdentity.current.let { "$KIND-${it.pid}-${it.started}-${UUID.randomUUID().toString().take(RANDOM)}" }) {
    private val locks = FileLocks()

    @Volatile
    override var isHeld = false
        private set

    /** The first call frees the runs of processes that have died before. */
    override fun hold(session: JdbcSession) {
        if (isHeld) return
        freeAll(session, found(session))
        locks.hold(session, lock)
        isHeld = true
    }

    override suspend fun free(
        run: String,
        owner: String,
    ): Boolean = tables.transaction { freeAll(it, listOf(lockOf(owner))) }

    override fun nextLookMillis(owner: String): Long? = null

    private fun freeAll(
        session: JdbcSession,
        names: List<String>,
    ): Boolean {
        val holders = names.mapNotNull { name -> holderOf(name)?.let { name to it } }.toMap()
        val gone = locks.gone(session, holders)
        gone.forEach { session.update(tables.filled(FREE), "$it/", "${it}0") }
        return gone.isNotEmpty()
    }

    private fun holderOf(lock: String): ProcessIdentity? {
        val (kind, pid, started) = lock.split('-').takeIf { it.size == PARTS } ?: return null
        return if (kind == KIND) ProcessIdentity(ProcessIdentity.current.host, pid.toLong(), started.toLong()) else null
    }

    /** The locks that have files beside the database. */
    private fun found(session: JdbcSession): List<String> {
        val file = session.first("SELECT file FROM pragma_database_list WHERE name = 'main'") { it.getString(1) }
        if (file.isNullOrEmpty()) return emptyList()
        val prefix = "${Path(file).name}-worker-"
        return try {
            Files.newDirectoryStream(Path(file).toAbsolutePath().parent) { it.name.startsWith("$prefix$KIND-") }.use { files ->
                files.map { it.name.removePrefix(prefix) }
            }
        } catch (_: IOException) {
            emptyList()
        }
    }

    /** What still runs here must not start elsewhere: then the lock ends with the process. */
    override fun close() {
        if (isIdle) locks.close()
    }

    private companion object {
        const val KIND = "run"
        const val PARTS = 4
        const val RANDOM = 8

        /** The owners between a lock with the separator, and one with the character after that. */
        const val FREE = "UPDATE {p}run SET lease_until = 0 WHERE owner > ? AND owner < ?"
    }
}
