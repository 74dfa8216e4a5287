package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.queue.jdbc.CallTable
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.queue.spi.StoredCall

/** Locks the calls of a page in the sequence of their ids, their orders first, as everywhere. */
internal class CallLocks(
    private val sql: SqlTemplate,
) {
    /** The calls, and the ids of those that others have locked. */
    class Locked(
        val calls: Map<String, StoredCall>,
        val busy: Set<String>,
    )

    /** Waits for a second at most, without holding up others: what is locked by then is busy. */
    fun lock(
        session: JdbcSession,
        cids: List<String>,
    ): Locked {
        val end = System.nanoTime() + PATIENCE_NANOS
        while (true) {
            val locked = tryLock(session, cids)
            if (locked.busy.isEmpty() || System.nanoTime() >= end) return locked
            Thread.sleep(PAUSE_MILLIS)
        }
    }

    private fun tryLock(
        session: JdbcSession,
        cids: List<String>,
    ): Locked {
        val known = read(session, cids, "")
        val free =
            freeOrders(
                session,
                known.values
                    .mapNotNull { it.request.orderKey }
                    .toSortedSet()
                    .toList(),
            )
        val (lockable, blocked) = known.values.partition { call -> call.request.orderKey.let { it == null || it in free } }
        val locked = read(session, lockable.map { it.cid }, sql.dialect.skipLocked)
        val left = lockable.map { it.cid } - locked.keys
        // What has ended meanwhile is in another table, and what is deleted is in none.
        return Locked(locked, read(session, left, "").keys + blocked.map { it.cid })
    }

    /** Those of the orders [keys] that are locked now, or do not exist any more. */
    private fun freeOrders(
        session: JdbcSession,
        keys: List<String>,
    ): Set<String> {
        if (keys.isEmpty()) return emptySet()
        val some = "SELECT order_key FROM {p}order_key WHERE order_key IN (${keys.joinToString { "?" }}) ORDER BY order_key"
        val locked = session.query(sql(some + sql.dialect.skipLocked), *keys.toTypedArray()) { it.getString(1) }
        val existing = session.query(sql(some), *keys.toTypedArray()) { it.getString(1) }
        return keys.toSet() - (existing - locked.toSet()).toSet()
    }

    /** The calls that exist of [cids]; [lock] ends the statements. */
    fun read(
        session: JdbcSession,
        cids: List<String>,
        lock: String,
    ): Map<String, StoredCall> {
        if (cids.isEmpty()) return emptyMap()
        val ids = cids.joinToString { "?" }
        return ListTables.ALL
            .flatMap { table ->
                val statement = "SELECT ${CallTable.LIST} FROM {p}$table WHERE cid IN ($ids) ORDER BY cid$lock"
                session.query(sql(statement), *cids.toTypedArray(), read = CallTable::read)
            }.associateBy { it.cid }
    }

    private companion object {
        const val PATIENCE_NANOS = 1_000_000_000L
        const val PAUSE_MILLIS = 50L
    }
}
