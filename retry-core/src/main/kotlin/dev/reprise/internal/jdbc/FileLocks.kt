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
 * A process must never open the file of a lock of its own: closing it would release the lock.
 */
internal class FileLocks : ProcessLocks {
    private val held = ConcurrentHashMap<String, FileChannel>()

    override val needsName: Boolean get() = false

    override fun hold(
        session: JdbcSession,
        name: String,
    ) {
        val file = fileOf(session, name) ?: return
        try {
            val channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
            if (channel.tryLock() == null) return channel.close()
            held.put(name, channel)?.close()
        } catch (_: IOException) {
            // Another user's folder: the clock decides.
        } catch (_: OverlappingFileLockException) {
            // This process holds it already.
        }
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
