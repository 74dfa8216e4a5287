package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.FileLocks
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.util.ProcessIdentity
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong

/**
 * Proves that owners of runs in an SQLite file are dead: each store holds a lock of the operating system, which ends with its process, and the id of
 * an owner names it. What is proven is written, so that all runs of a dead process are free at once.
 */
internal class RunLocks(
    private val filled: (String) -> String,
) : AutoCloseable {
    private val locks = FileLocks()
    private val lock = UUID.randomUUID().toString()
    private val owners = AtomicLong()
    private val open = ConcurrentHashMap.newKeySet<String>()

    @Volatile
    private var isHeld = false

    /** The id of a new owner of a run. */
    fun newOwner(): String =
        ProcessIdentity.current.let { "$lock/${it.pid}/${it.started}/${owners.incrementAndGet()}" }.also { open += it }

    /** [owner] owns its run no longer. */
    fun released(owner: String) {
        open -= owner
    }

    /** To be called before an owner is written. */
    fun hold(session: JdbcSession) {
        if (isHeld) return
        locks.hold(session, lock)
        isHeld = true
    }

    /** Frees the runs of the process of [owner]; false if that is not proven to be dead. */
    fun free(
        session: JdbcSession,
        owner: String,
    ): Boolean {
        val (name, pid, started) = owner.split('/').takeIf { it.size == PARTS } ?: return false
        val process = ProcessIdentity(ProcessIdentity.current.host, pid.toLong(), started.toLong())
        if (locks.gone(session, mapOf(name to process)).isEmpty()) return false
        session.update(filled(FREE), "$name/", "${name}0")
        return true
    }

    /** What still runs here must not start elsewhere: then the lock ends with the process. */
    override fun close() {
        if (open.isEmpty()) locks.close()
    }

    private companion object {
        const val PARTS = 4

        /** The owners between a lock with the separator, and one with the character after that. */
        const val FREE = "UPDATE {p}run SET lease_until = 0 WHERE owner > ? AND owner < ?"
    }
}
