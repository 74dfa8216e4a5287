package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.FileLocks
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.util.ProcessIdentity
import java.io.IOException
import java.nio.file.Files
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.io.path.Path
import kotlin.io.path.name

/**
 * Proves that owners of runs in an SQLite file are dead: each store holds a lock of the operating system, which ends with its process, and the id of
 * an owner begins with its name. All runs of a dead process are freed at once, when it is looked for.
 */
internal class RunLocks(
    private val filled: (String) -> String,
) : AutoCloseable {
    private val locks = FileLocks()
    private val lock = ProcessIdentity.current.let { "$KIND-${it.pid}-${it.started}-${UUID.randomUUID().toString().take(RANDOM)}" }
    private val owners = AtomicLong()
    private val open = ConcurrentHashMap.newKeySet<String>()

    @Volatile
    private var isHeld = false

    /** The id of a new owner of a run. */
    fun newOwner(): String = "$lock/${owners.incrementAndGet()}".also { open += it }

    /** [owner] owns its run no longer. */
    fun released(owner: String) {
        open -= owner
    }

    /** To be called before an owner is written. The first call frees the runs of processes that have died before. */
    fun hold(session: JdbcSession) {
        if (isHeld) return
        freeAll(session, found(session))
        locks.hold(session, lock)
        isHeld = true
    }

    /** Frees the runs of the process of [owner]; false if that is not proven to be dead. */
    fun free(
        session: JdbcSession,
        owner: String,
    ): Boolean = freeAll(session, listOf(owner.substringBefore('/')))

    private fun freeAll(
        session: JdbcSession,
        names: List<String>,
    ): Boolean {
        val holders = names.mapNotNull { name -> holderOf(name)?.let { name to it } }.toMap()
        val gone = locks.gone(session, holders)
        gone.forEach { session.update(filled(FREE), "$it/", "${it}0") }
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
        if (open.isEmpty()) locks.close()
    }

    private companion object {
        const val KIND = "run"
        const val PARTS = 4
        const val RANDOM = 8

        /** The owners between a lock with the separator, and one with the character after that. */
        const val FREE = "UPDATE {p}run SET lease_until = 0 WHERE owner > ? AND owner < ?"
    }
}
