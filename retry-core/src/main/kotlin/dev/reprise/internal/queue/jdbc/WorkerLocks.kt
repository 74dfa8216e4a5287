package dev.reprise.internal.queue.jdbc

import java.io.IOException
import java.nio.channels.FileChannel
import java.nio.channels.OverlappingFileLockException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardOpenOption
import java.util.concurrent.ConcurrentHashMap
import kotlin.io.path.Path

/**
 * Proves that workers on one machine are dead: each holds a lock of the operating system on a file beside the SQLite database, which ends
 * with its process. A frozen process keeps its lock. Where no file can be created, leases end by the clock alone.
 *
 * A process must never open the file of a lease of its own: closing it would release the lock.
 */
internal class WorkerLocks : AutoCloseable {
    private val held = ConcurrentHashMap<String, FileChannel>()

    /** Locks the file of the lease [nonce], beside [database], until it is released or this process ends. */
    fun hold(
        database: String,
        nonce: String,
    ) {
        val file = fileOf(database, nonce) ?: return
        try {
            val channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
            if (channel.tryLock() == null) return channel.close()
            held.put(nonce, channel)?.close()
        } catch (_: IOException) {
            // Another user's folder: the clock decides.
        } catch (_: OverlappingFileLockException) {
            // This process holds it already.
        }
    }

    /** The lease [nonce] is closed. */
    fun release(
        database: String,
        nonce: String,
    ) {
        held.remove(nonce)?.close() ?: return
        delete(fileOf(database, nonce))
    }

    /** True if the process that had opened the lease [nonce], which is not this one, is gone. */
    fun isGone(
        database: String,
        nonce: String,
    ): Boolean {
        val file = fileOf(database, nonce)?.takeIf { Files.exists(it) } ?: return false
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

    private fun fileOf(
        database: String,
        nonce: String,
    ): Path? = if (database.isEmpty() || !NAME.matches(nonce)) null else Path("$database-worker-$nonce")

    override fun close() {
        held.values.forEach { it.close() }
        held.clear()
    }

    companion object {
        private val NAME = Regex("[A-Za-z0-9-]{1,100}")

        /** This process, told apart from a later one with the same number. */
        val process: String =
            ProcessHandle.current().let { "${it.pid()} ${it.info().startInstant().map { start -> start.toEpochMilli() }.orElse(0)}" }
    }
}
