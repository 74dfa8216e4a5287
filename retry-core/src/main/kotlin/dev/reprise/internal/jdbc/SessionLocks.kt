package dev.reprise.internal.jdbc

import dev.reprise.internal.util.ProcessIdentity
import java.util.concurrent.ConcurrentHashMap

/**
 * Advisory locks of PostgreSQL, which the server releases with the session of their holder. All are held by one session, which [Holder]
 * replaces when it is lost; so a lock that is free can have a holder that lives, and only one that is free for a while proves something.
 */
internal class SessionLocks : ProcessLocks {
    private val wanted = ConcurrentHashMap.newKeySet<String>()
    private val freeSince = ConcurrentHashMap<String, Long>()

    override val needsName: Boolean get() = true

    override fun hold(
        session: JdbcSession,
        name: String,
    ) {
        wanted += name
    }

    override fun release(
        session: JdbcSession,
        name: String,
    ) {
        wanted -= name
    }

    override fun gone(
        session: JdbcSession,
        holders: Map<String, ProcessIdentity>,
    ): Set<String> {
        val free = free(session, holders)
        freeSince.keys.retainAll(free)
        val now = System.nanoTime()
        return free.filterTo(HashSet()) { now - freeSince.getOrPut(it) { now } >= LOOKS_APART_NANOS }
    }

    /** Those of the locks in [holders] that are free at this moment, which proves nothing, and whose process does not live on this host. */
    fun free(
        session: JdbcSession,
        holders: Map<String, ProcessIdentity>,
    ): Set<String> = holders.filter { (name, holder) -> !holder.livesHere() && isFree(session, name) }.keys

    /** True if another look can prove that the holder of [name] is gone. */
    fun isSuspected(name: String): Boolean = freeSince.containsKey(name)

    private fun isFree(
        session: JdbcSession,
        name: String,
    ) = session.query("SELECT pg_try_advisory_xact_lock($KEY)", name) { it.getBoolean(1) }.single()

    override val nextLookMillis: Long? get() = if (freeSince.isEmpty()) null else LOOKS_APART_MILLIS

    override fun close() {
        wanted.clear()
    }

    /** Holds the locks in [session], for one thread; calls [onHeld] for each that it has taken, and [onRelease] before it releases one. */
    inner class Holder(
        private val session: JdbcSession,
        private val onRelease: (String) -> Unit,
        private val onHeld: (String) -> Unit,
    ) {
        private val held = HashSet<String>()

        /** Takes the locks that are wanted, and releases the others. */
        fun refresh() {
            for (name in held - wanted) {
                release(name)
                held -= name
            }
            for (name in wanted - held) {
                if (!session.query("SELECT pg_try_advisory_lock($KEY)", name) { it.getBoolean(1) }.single()) continue
                held += name
                onHeld(name)
            }
        }

        /** Releases all locks: the session goes back to a pool. */
        fun release() {
            held.forEach(::release)
            held.clear()
        }

        private fun release(name: String) {
            onRelease(name)
            session.query("SELECT pg_advisory_unlock($KEY)", name) {}
        }
    }

    companion object {
        /** When the server was started, in microseconds: a server that was started since holds no lock of before. */
        const val SERVER_STARTED = "(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint"

        /** A number that other programs are unlikely to use. One value: the name. */
        private const val KEY = "hashtextextended('dev.reprise/' || ?, 0)"
        private const val LOOKS_APART_MILLIS = 500L
        private const val LOOKS_APART_NANOS = LOOKS_APART_MILLIS * 1_000_000
    }
}
