package dev.reprise.internal.jdbc

import dev.reprise.internal.util.ProcessIdentity
import java.io.IOException
import java.nio.channels.FileChannel
import java.nio.channels.OverlappingFileLockException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import java.util.concurrent.ConcurrentHashMap
import kotlin.io.path.Path

/**
 * Locks of the operating system on files beside an SQLite database. Where no file can be created, as for a database in memory, nothing is
 * proven.
 *
 * A process must never open the file of a lock of its own: closing it would release the lock, and a channel that nothing refers to is closed.
 */
internal class FileLocks : ProcessLocks {
    private val held = ConcurrentHashMap<String, FileChannel>()

    override val needsName: Boolean get() = false

    @Synchronized
    override fun hold(
        session: JdbcSession,
        name: String,
    ) {
        if (!held.containsKey(name)) fileOf(session, name)?.let(::locked)?.let { held[name] = it }
    }

    /** A channel that holds the lock of [file]; null if it cannot be had: then the clock decides. */
    private fun locked(file: Path): FileChannel? =
        try {
            val channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
            try {
                if (channel.tryLock() == null) channel.close()
            } catch (_: OverlappingFileLockException) {
                // This process has the lock already, and would lose it with the first channel that is closed: this one stays open, too.
            }
            channel.takeIf { it.isOpen }
        } catch (_: IOException) {
            // Another user's folder.
            null
        }

    override fun release(
        session: JdbcSession,
        name: String,
    ) {
        held.remove(name)?.close() ?: return
        delete(fileOf(session, name))
    }

    override fun gone(
        session: JdbcSession,
        holders: Map<String, ProcessIdentity>,
    ): Set<String> = holders.filterValues { it != ProcessIdentity.current }.keys.filterTo(HashSet()) { isFree(session, it) }

    override val nextLookMillis: Long? get() = null

    private fun isFree(
        session: JdbcSession,
        name: String,
    ): Boolean {
        val file = fileOf(session, name)?.takeIf { Files.exists(it) } ?: return false
        return try {
            FileChannel.open(file, StandardOpenOption.WRITE).use { it.tryLock() != null }.also { if (it) delete(file) }
        } catch (_: IOException) {
            false
        } catch (_: OverlappingFileLockException) {
            false
        }
    }

    private fun delete(file: Path?) {
        try {
            file?.let(Files::deleteIfExists)
        } catch (_: IOException) {
            // It stays, without effect.
        }
    }

    /** Null where there is no database file, or [name] cannot be part of the name of one. */
    private fun fileOf(
        session: JdbcSession,
        name: String,
    ): Path? {
        val database = session.first("SELECT file FROM pragma_database_list WHERE name = 'main'") { it.getString(1) }
        return if (database.isNullOrEmpty() || !NAME.matches(name)) null else Path("$database-worker-$name")
    }

    override fun close() {
        held.values.forEach { it.close() }
        held.clear()
    }

    private companion object {
        val NAME = Regex("[A-Za-z0-9-]{1,100}")
    }
}
