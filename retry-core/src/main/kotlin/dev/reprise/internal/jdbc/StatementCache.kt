package dev.reprise.internal.jdbc

import java.sql.Connection
import java.sql.PreparedStatement

/** Keeps the statements that were used last. For one user at a time. */
internal class StatementCache(
    private val real: Connection,
) : Connection by real {
    private val statements =
        object : LinkedHashMap<String, PreparedStatement>(KEPT * 2, 0.75f, true) {
            override fun removeEldestEntry(eldest: MutableMap.MutableEntry<String, PreparedStatement>): Boolean =
                (size > KEPT).also { if (it) eldest.value.close() }
        }

    /** A statement, which must not be closed. Rows that a failure left in its batch are removed. */
    fun statement(sql: String): PreparedStatement = statements.getOrPut(sql) { real.prepareStatement(sql) }.apply { clearBatch() }

    private companion object {
        const val KEPT = 50
    }
}
